import { beforeEach, describe, expect, it } from 'vitest';
import type { HashSize } from '../../../src/system/conntrack-hash-size.ts';
import {
  type ConntrackSettings,
  conntrackLimit,
  setConntrack,
} from '../../../src/system/conntrack-sysctls.ts';
import { FakeSysctl } from '../../fakes/fake-sysctl.ts';

const LEAVE_ALL: ConntrackSettings = {
  maxPerCore: 0,
  min: 0,
  tcpEstablishedSeconds: 0,
  tcpCloseWaitSeconds: 0,
  udpSeconds: 0,
  udpStreamSeconds: 0,
  isTcpBeLiberal: false,
};
const CPUS = 4;

let sysctl: FakeSysctl;
let hashSize: FakeHashSize;

beforeEach(() => {
  sysctl = new FakeSysctl({
    'net/netfilter/nf_conntrack_max': '65536',
    'net/netfilter/nf_conntrack_tcp_timeout_established': '432000',
    'net/netfilter/nf_conntrack_tcp_timeout_close_wait': '60',
    'net/netfilter/nf_conntrack_udp_timeout': '30',
    'net/netfilter/nf_conntrack_udp_timeout_stream': '120',
    'net/netfilter/nf_conntrack_tcp_be_liberal': '0',
  });
  hashSize = new FakeHashSize();
});

describe('the limit', () => {
  it.each([
    ['is so much for each core', { maxPerCore: 32_768, min: 0 }, 131_072],
    ['is the least wanted at least', { maxPerCore: 32_768, min: 200_000 }, 200_000],
    ['is cut at 1048576, whatever the least', { maxPerCore: 500_000, min: 2_000_000 }, 1_048_576],
    ['is left without a number for each core', { maxPerCore: 0, min: 131_072 }, 0],
  ])('%s', (_, fields, limit) => {
    expect(conntrackLimit({ ...LEAVE_ALL, ...fields }, CPUS)).toBe(limit);
  });
});

describe('conntrack', () => {
  it('is left as it is when nothing is wanted', () => {
    expect(set(LEAVE_ALL)).toEqual([]);
    expect(sysctl.writeCount).toBe(0);
    expect(hashSize.reads).toBe(0);
  });

  it('gets what is wanted', () => {
    set({
      ...{ maxPerCore: 32_768, min: 0, tcpEstablishedSeconds: 86_400, tcpCloseWaitSeconds: 3_600 },
      ...{ udpSeconds: 10, udpStreamSeconds: 20, isTcpBeLiberal: true },
    });
    expect(Object.fromEntries(sysctl.values)).toEqual({
      'net/netfilter/nf_conntrack_max': '131072',
      'net/netfilter/nf_conntrack_tcp_timeout_established': '86400',
      'net/netfilter/nf_conntrack_tcp_timeout_close_wait': '3600',
      'net/netfilter/nf_conntrack_udp_timeout': '10',
      'net/netfilter/nf_conntrack_udp_timeout_stream': '20',
      'net/netfilter/nf_conntrack_tcp_be_liberal': '1',
    });
    expect(hashSize.buckets).toBe(32_768);
  });

  it('keeps what it has already, so that a prepared node needs no rights', () => {
    sysctl.isReadOnly = true;
    hashSize.buckets = 65_536;
    const outcomes = set({ ...LEAVE_ALL, maxPerCore: 16_384, udpSeconds: 30 });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['kept', 'kept', 'kept']);
    expect(hashSize.buckets).toBe(65_536);
  });

  it('goes on after a setting that cannot be written, and says what is missing', () => {
    sysctl.values.delete('net/netfilter/nf_conntrack_udp_timeout');
    const outcomes = set({ ...LEAVE_ALL, udpSeconds: 10, udpStreamSeconds: 20 });
    expect(outcomes).toMatchObject([
      { outcome: 'failed', error: { message: expect.stringContaining('a module may not be loaded') } },
      { outcome: 'written', value: 20 },
    ]);
  });

  it('leaves the hash when the limit could not be set', () => {
    sysctl.isReadOnly = true;
    expect(set({ ...LEAVE_ALL, maxPerCore: 32_768 })).toMatchObject([{ outcome: 'failed' }]);
    expect(hashSize.reads).toBe(0);
  });

  it('says what is missing to enlarge the hash', () => {
    hashSize.failure = new Error('/sys is mounted read-only here');
    expect(set({ ...LEAVE_ALL, maxPerCore: 32_768 }).at(-1)).toEqual({
      name: 'hashsize',
      value: 32_768,
      outcome: 'failed',
      error: hashSize.failure,
    });
  });
});

function set(settings: ConntrackSettings) {
  return setConntrack(settings, CPUS, { sysctl, hashSize });
}

class FakeHashSize implements HashSize {
  buckets = 16_384;
  reads = 0;
  failure: Error | undefined;

  read(): number {
    this.reads++;
    return this.buckets;
  }

  write(buckets: number): void {
    if (this.failure) throw this.failure;
    this.buckets = buckets;
  }
}
