import { describe, expect, it } from 'vitest';
import { disjointRanges } from '../../../../src/dataplane/nftables/disjoint-ranges.ts';
import { packCidr } from '../../../../src/dataplane/nftables/packed.ts';
import { cidr } from '../../../builders/records.ts';

describe('disjoint ranges', () => {
  it.each([
    ['networks that are apart, sorted', ['10.1.0.0/16', '10.0.0.0/16'], ['10.0.0.0/16', '10.1.0.0/16']],
    ['the larger of two with the same first address', ['10.0.0.0/16', '10.0.0.0/8'], ['10.0.0.0/8']],
    ['no network within another', ['10.96.7.0/24', '10.96.0.0/12', '10.97.0.0/16'], ['10.96.0.0/12']],
    ['a network once', ['10.0.0.0/8', '10.0.0.0/8'], ['10.0.0.0/8']],
    ['everything alone', ['192.0.2.0/24', '0.0.0.0/0', '203.0.113.7/32'], ['0.0.0.0/0']],
    ['networks of IPv6', ['fd00:1::/64', 'fd00::/16', 'fe80::/64'], ['fd00::/16', 'fe80::/64']],
  ])('have %s', (_, networks, expected) => {
    expect(disjointRanges(networks.map(cidr))).toEqual(expected.map(cidr).map(packCidr));
  });
});
