import { afterEach } from 'vitest';
import { describeIptables } from '../../contract/iptables-contract.ts';
import { createBed, execIn, removeBeds } from './bed.ts';

afterEach(removeBeds);

for (const variant of ['legacy', 'nft'] as const) {
  describeIptables(`iptables-${variant}`, () => {
    const { netns } = createBed({ variant, family: 'IPv4' });
    return { exec: execIn(netns), command: `iptables-${variant}` };
  });
}
