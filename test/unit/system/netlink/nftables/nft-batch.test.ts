// What is in a batch without a kernel to take it: numbers of messages, and what does not fit.
import { describe, expect, it } from 'vitest';
import { readMessages } from '../../../../../src/system/netlink/message-reader.ts';
import { NftBatch } from '../../../../../src/system/netlink/nftables/nft-batch.ts';
import type { NftElement, NftSet } from '../../../../../src/system/netlink/nftables/nft-set.ts';

const TABLE = { family: 'IPv4', name: 'kube-proxy' } as const;
const ADDRESSES: NftSet = { name: 'addresses', key: ['ipv4-address'] };
const LONGEST_COMMENT = 'c'.repeat(127);

describe('NftBatch', () => {
  it('numbers its messages between a begin and an end, and tells the last number of several', () => {
    const batch = new NftBatch(TABLE, 16);
    expect(batch.sequence).toBe(0);
    expect(batch.newTable()).toBe(1);
    expect(batch.newElements(ADDRESSES, [])).toBe(1);
    expect(batch.newElements(ADDRESSES, addresses(10_000))).toBe(4);
    expect(batch.deleteSet('none')).toBe(5);
    expect(batch.sequence).toBe(5);
    const sequences = Array.from(readMessages(batch.end()), ({ sequence }) => sequence);
    expect(sequences).toEqual([0, 1, 2, 3, 4, 5, 0]);
  });

  it('knows its length', () => {
    const batch = new NftBatch(TABLE);
    const before = batch.length;
    batch.newElements(ADDRESSES, addresses(1000));
    expect(batch.length).toBeGreaterThan(before + 16_000);
    expect(batch.end().length).toBeGreaterThan(batch.length - 1);
  });

  it('has room in a message for the largest elements', () => {
    const addresses = Array.from({ length: 4 }, () => 'ipv6-address' as const);
    const set: NftSet = { name: 'large', key: addresses, value: addresses };
    const bytes = '\xff'.repeat(64);
    const element: NftElement = { key: bytes, value: bytes, comment: LONGEST_COMMENT };
    const elements = Array.from({ length: 1000 }, () => element);
    expect(() => new NftBatch(TABLE).newElements(set, elements)).not.toThrow();
  });

  it('throws when a comment or a tag is too long for the kernel', () => {
    const batch = () => new NftBatch(TABLE);
    const comment = 'c'.repeat(255);
    expect(() => batch().newTable(comment)).toThrow('user data of 256 bytes');
    expect(() => batch().newElements(ADDRESSES, [{ key: '\0\0\0\0', comment }])).toThrow(RangeError);
    expect(() => batch().newSet({ ...ADDRESSES, comment })).toThrow(RangeError);
    const rule = { expressions: [], comment: LONGEST_COMMENT, tag: LONGEST_COMMENT };
    expect(() => batch().newRule('one', rule)).toThrow('user data of 260 bytes');
  });
});

/** 10.0.0.0 and following. */
function addresses(count: number): NftElement[] {
  return Array.from({ length: count }, (_, i) => ({ key: `\x0a\0${String.fromCharCode(i >> 8, i & 255)}` }));
}
