import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  pack,
  packCidr,
  packIp,
  packPort,
  packProtocol,
  packSlot,
  zeroAddress,
} from '../../../../src/dataplane/nftables/packed.ts';
import { type Ip, ipBytes } from '../../../../src/model/ip.ts';
import { cidr, ip } from '../../../builders/records.ts';

function hex(packed: string): string {
  return Buffer.from(packed, 'latin1').toString('hex');
}

describe('packed fields', () => {
  it('have the bytes of any address', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6()).map(ip);
    fc.assert(
      fc.property(address, (each: Ip) => {
        expect(hex(packIp(each))).toBe(Buffer.from(ipBytes(each)).toString('hex'));
      }),
    );
  });

  it.each([
    ['::', '00'.repeat(16)],
    ['::1', `${'00'.repeat(15)}01`],
    ['fd00:10:96::a', 'fd00001000960000000000000000000a'],
    ['2001:db8:0:1:2:3:4:5', '20010db8000000010002000300040005'],
    ['255.254.0.9', 'fffe0009'],
  ])('of %s are %s', (text, expected) => {
    expect(hex(packIp(ip(text)))).toBe(expected);
  });

  it('take four bytes, ports and protocols first byte first, slots as numgen gives them', () => {
    expect(hex(packPort(30_080))).toBe('75800000');
    expect(['TCP', 'UDP', 'SCTP'].map((protocol) => hex(packProtocol(protocol as 'TCP')))).toEqual([
      '06000000',
      '11000000',
      '84000000',
    ]);
    expect(hex(packSlot(65_537))).toBe('01000100');
  });

  it('follow each other', () => {
    expect(hex(pack(zeroAddress('IPv4'), packProtocol('UDP'), packPort(53)))).toBe(
      '000000001100000000350000',
    );
    expect(zeroAddress('IPv6')).toHaveLength(16);
  });

  it.each([
    ['10.96.0.0/12', '0a600000', '0a6fffff'],
    ['0.0.0.0/0', '00000000', 'ffffffff'],
    ['192.0.2.7/32', 'c0000207', 'c0000207'],
    ['fd00::/9', `fd${'00'.repeat(15)}`, `fd7f${'ff'.repeat(14)}`],
  ])('of network %s are its first and last address', (network, first, last) => {
    const range = packCidr(cidr(network));
    expect([hex(range.first), hex(range.last)]).toEqual([first, last]);
  });
});
