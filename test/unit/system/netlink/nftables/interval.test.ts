// Intervals of one field, as first and last key and as the kernel has them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Boundary,
  intervalsOf,
  successor,
} from '../../../../../src/system/netlink/nftables/interval.ts';
import type { NftElement } from '../../../../../src/system/netlink/nftables/nft-set.ts';

it('the successor of a key is the next larger one of its length', () => {
  expect(successor('\x0a\0\0\0')).toBe('\x0a\0\0\x01');
  expect(successor('\x0a\xff\xff\xff')).toBe('\x0b\0\0\0');
  expect(successor('\xff\xff')).toBeUndefined();
});

describe('intervalsOf', () => {
  it('finds the intervals again, whatever the order of their boundaries', () => {
    const edges = fc.uniqueArray(fc.nat(0xffff), { maxLength: 20 });
    fc.assert(
      fc.property(edges, fc.boolean(), fc.infiniteStream(fc.nat()), (numbers, hasOpenEnd, order) => {
        const intervals = intervalsBetween(numbers, hasOpenEnd);
        const shuffled = intervals
          .flatMap(boundariesOf)
          .map((boundary) => ({ boundary, at: order.next().value }))
          .sort((a, b) => a.at - b.at);
        expect(intervalsOf(shuffled.map(({ boundary }) => boundary))).toEqual(intervals);
      }),
    );
  });

  it('keeps two that touch apart', () => {
    const two: NftElement[] = [
      { key: '\0\0', keyEnd: '\0\x07', comment: 'low' },
      { key: '\0\x08', keyEnd: '\0\x0f', comment: 'high' },
    ];
    expect(intervalsOf(two.flatMap(boundariesOf).reverse())).toEqual(two);
  });

  it('passes over an end that nothing begins, which nft writes first', () => {
    expect(intervalsOf([{ key: '\0\0', isEnd: true }, { key: '\x01\0' }])).toEqual([
      { key: '\x01\0', keyEnd: '\xff\xff' },
    ]);
  });
});

/** Between each two of the numbers, ascending. */
function intervalsBetween(numbers: readonly number[], hasOpenEnd: boolean): NftElement[] {
  const sorted = numbers.toSorted((a, b) => a - b);
  const ends = hasOpenEnd && sorted.length > 0 ? sorted.with(-1, 0xffff) : sorted;
  return Array.from({ length: ends.length >> 1 }, (_, i) => ({
    key: keyOf(ends[2 * i]),
    keyEnd: keyOf(ends[2 * i + 1]),
  }));
}

function boundariesOf(interval: NftElement): Boundary[] {
  const { keyEnd = '', ...first } = interval;
  const beyond = successor(keyEnd);
  return beyond === undefined ? [first] : [first, { key: beyond, isEnd: true }];
}

function keyOf(number = 0): string {
  return String.fromCharCode(number >> 8, number & 255);
}
