import { expect, it } from 'vitest';
import { prepareConntrack } from '../../../src/daemon/conntrack.ts';
import { FakeSysctl } from '../../fakes/fake-sysctl.ts';

const hashSize = { read: () => 1_048_576, write: () => {} };

it('sets what the configuration says, and tells of each', () => {
  const { lines, sysctl, prepare } = bed({ 'net/netfilter/nf_conntrack_udp_timeout': '30' });
  prepare({ udpTimeout: { ms: 10_900 } });
  expect(sysctl.read('net/netfilter/nf_conntrack_udp_timeout')).toBe('10');
  expect(lines).toEqual(['info Set sysctl net/netfilter/nf_conntrack_udp_timeout=10']);
});

it('warns of what cannot be set, and answers it', () => {
  const { lines, prepare } = bed({});
  const failed = prepare({ udpTimeout: { ms: 10_000 } });
  expect(failed.map(({ name }) => name)).toEqual(['net/netfilter/nf_conntrack_udp_timeout']);
  expect(lines).toEqual([
    'warn conntrack is not as configured net/netfilter/nf_conntrack_udp_timeout=10: cannot set ' +
      '/proc/sys/net/netfilter/nf_conntrack_udp_timeout to 10: this kernel does not have it: a module may not be loaded',
  ]);
});

function bed(values: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const sysctl = new FakeSysctl(values);
  const add = (level: string) => (fields: object, message?: string) => {
    const { entry, value, err } = fields as { entry: string; value: number; err?: Error };
    lines.push(`${level} ${message} ${entry}=${value}${err ? `: ${err.message}` : ''}`);
  };
  const log = { info: add('info'), warn: add('warn') } as never;
  const none = { maxPerCore: 0, min: 0, tcpBeLiberal: false };
  const zero = { ms: 0 };
  const timeouts = {
    ...{ tcpEstablishedTimeout: zero, tcpCloseWaitTimeout: zero },
    ...{ udpTimeout: zero, udpStreamTimeout: zero },
  };
  const prepare = (fields: Partial<Parameters<typeof prepareConntrack>[0]>) =>
    prepareConntrack({ ...none, ...timeouts, ...fields }, { sysctl, hashSize }, log);
  return { lines, sysctl, prepare };
}
