// Counters that rules feed, as the nfacct program makes and shows them.
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { createReadPacketCounter } from '../../../src/system/packet-counters.ts';
import { createScratchNetns } from './scratch-netns.ts';

it('reads how many packets a rule has counted, and knows a counter that is not there', () => {
  const netns = createScratchNetns();
  const run = (...command: string[]) => execFileSync('ip', ['netns', 'exec', netns, ...command]);
  const read = createReadPacketCounter((options) => inNetns(netns, () => openNetlinkSocket(options)));
  expect(read('seen')).toBeUndefined();
  run('nfacct', 'add', 'seen');
  expect(read('seen')).toBe(0);
  run('ip', 'link', 'set', 'lo', 'up');
  run('iptables-legacy', '-A', 'INPUT', '-p', 'udp', '-m', 'nfacct', '--nfacct-name', 'seen');
  run('bash', '-c', 'for i in 1 2 3; do echo > /dev/udp/127.0.0.1/9; done');
  expect(read('seen')).toBe(3);
});
