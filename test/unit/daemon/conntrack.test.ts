import { expect, it } from 'vitest';
import { prepareConntrack, readOnlySysEvent } from '../../../src/daemon/conntrack.ts';
import { HashSizeError } from '../../../src/system/conntrack-hash-size.ts';
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

it('tells the Node when a read-only /sys keeps the hash of conntrack small, and of nothing else', () => {
  const failed = (error: unknown) => [{ name: 'hashsize', value: 1, outcome: 'failed', error }] as const;
  const errno = (code: string) => new HashSizeError(Object.assign(new Error(code), { code }));
  expect(readOnlySysEvent('node-1', failed(errno('EROFS')))).toEqual({
    regarding: { kind: 'Node', namespace: '', name: 'node-1' },
    type: 'Warning',
    reason: 'readOnlySysFS',
    action: 'StartKubeProxy',
    note: expect.stringContaining('/sys is mounted read-only here'),
  });
  expect(readOnlySysEvent('node-1', failed(errno('EACCES')))).toBeUndefined();
  expect(readOnlySysEvent('node-1', failed(new Error('EROFS')))).toBeUndefined();
  expect(readOnlySysEvent('node-1', [])).toBeUndefined();
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
