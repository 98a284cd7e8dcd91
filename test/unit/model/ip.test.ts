import { describe, expect, it } from 'vitest';
import {
  addressBits,
  cidrContains,
  hostCidr,
  ipBytes,
  ipFamilyOf,
  isLoopback,
  isZeroCidr,
  joinHostPort,
  parseCidr,
  parseIp,
} from '../../../src/model/ip.ts';
import { cidr, ip } from '../../builders/records.ts';

describe('parseIp', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['010.000.002.099', '10.0.2.99'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::', '::'],
  ])('makes %s canonical', (raw, canonical) => {
    expect(parseIp(raw)).toBe(canonical);
  });

  it.each([
    '',
    'example.org',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.1/32',
    'fe80::1%eth0',
    '1.2.3.4.5',
    '0x7f.1',
    '::g',
  ])('refuses %j', (raw) => {
    expect(parseIp(raw)).toBeUndefined();
  });
});

describe('parseCidr', () => {
  it.each([
    ['10.96.1.2/12', '10.96.0.0/12'],
    ['192.0.2.1/32', '192.0.2.1/32'],
    ['1.2.3.4/0', '0.0.0.0/0'],
    ['2001:db8::1/33', '2001:db8::/33'],
    ['fd00::ff/128', 'fd00::ff/128'],
  ])('clears the host bits of %s', (raw, canonical) => {
    expect(parseCidr(raw)).toBe(canonical);
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '/8', '10.0.0.0/-1', 'fd00::/129', '10.0.0.0/8/8'])(
    'refuses %j',
    (raw) => {
      expect(parseCidr(raw)).toBeUndefined();
    },
  );
});

describe('cidrContains', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['0.0.0.0/0', '::1', false],
    ['fd00:10:244::/48', 'fd00:10:244:1::2', true],
    ['fd00:10:244::/48', 'fd00:10:245::2', false],
  ])('%s, %s: %s', (network, address, expected) => {
    expect(cidrContains(cidr(network), ip(address))).toBe(expected);
  });
});

it('tells the families apart', () => {
  expect([ip('192.0.2.1'), ip('::1'), cidr('fd00::/8')].map(ipFamilyOf)).toEqual(['IPv4', 'IPv6', 'IPv6']);
  expect([addressBits('IPv4'), addressBits('IPv6')]).toEqual([32, 128]);
  expect(ipBytes(ip('192.0.2.1'))).toEqual([192, 0, 2, 1]);
  expect(ipBytes(ip('::1'))).toHaveLength(16);
});

it('writes a host as a network and with a port', () => {
  expect([hostCidr(ip('192.0.2.1')), hostCidr(ip('::1'))]).toEqual(['192.0.2.1/32', '::1/128']);
  expect([joinHostPort(ip('192.0.2.1'), 80), joinHostPort(ip('::1'), 80)]).toEqual([
    '192.0.2.1:80',
    '[::1]:80',
  ]);
});

it('knows loopback addresses and networks that hold everything', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1', '128.0.0.1', '::2'].map(ip).map(isLoopback)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(['0.0.0.0/0', '::/0', '10.0.0.0/10'].map(cidr).map(isZeroCidr)).toEqual([true, true, false]);
});
