// The timeouts of conntrack in a network namespace made for the test. The machine's limits are never touched.
import { expect, it } from 'vitest';
import type { HashSize } from '../../../src/system/conntrack-hash-size.ts';
import { setConntrack } from '../../../src/system/conntrack-sysctls.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { sysctl } from '../../../src/system/sysctl.ts';
import { createScratchNetns } from './scratch-netns.ts';

const UNTOUCHABLE: HashSize = {
  read: () => expect.unreachable('the hash belongs to the machine'),
  write: () => expect.unreachable('the hash belongs to the machine'),
};

it('the kernel takes the timeouts, once', () => {
  const netns = createScratchNetns();
  const set = () =>
    inNetns(netns, () =>
      setConntrack(
        {
          ...{ maxPerCore: 0, min: 131_072, isTcpBeLiberal: true },
          ...{
            tcpEstablishedSeconds: 86_400,
            tcpCloseWaitSeconds: 3_600,
            udpSeconds: 11,
            udpStreamSeconds: 22,
          },
        },
        4,
        { sysctl, hashSize: UNTOUCHABLE },
      ),
    );
  expect(set().map(({ outcome }) => outcome)).toEqual(Array(5).fill('written'));
  expect(set().map(({ outcome }) => outcome)).toEqual(Array(5).fill('kept'));
  const streamSeconds = inNetns(netns, () => sysctl.read('net/netfilter/nf_conntrack_udp_timeout_stream'));
  expect(streamSeconds).toBe('22');
});
