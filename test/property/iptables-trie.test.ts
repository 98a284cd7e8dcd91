// The dispatch trie's shape is a function of its entries alone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  entriesOf,
  insertEntry,
  LEAF_SIZE,
  MAX_DEPTH,
  removeEntry,
  type Trie,
  type TrieEntry,
  trieOf,
} from '../../src/dataplane/iptables/trie.ts';
import type { ServicePortKey } from '../../src/model/names.ts';

// Few digits and owners, so that keys are close together and sometimes equal; long enough that tries become too deep.
const entry = fc
  .tuple(
    fc.oneof(fc.stringMatching(/^[0-7]{10}$/), fc.stringMatching(/^[01]{10}$/)),
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom(0, 5, 9, 13),
  )
  .map(([key, owner, depth]) => anEntry(key, owner, depth));
const entrySet = fc.uniqueArray(entry, {
  selector: ({ key, owner }) => key + owner,
  maxLength: 160,
  size: 'max',
});

describe('a trie', () => {
  it('has one shape for a set of entries, whatever the order of insertions and removals', () => {
    fc.assert(
      fc.property(entrySet, fc.func(fc.boolean()), fc.infiniteStream(fc.nat()), (entries, isKept, order) => {
        const shuffled = entries
          .map((item) => ({ item, rank: order.next().value ?? 0 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ item }) => item);
        let trie: Trie;
        for (const item of shuffled) trie = insertEntry(trie, item);
        expect(trie).toEqual(trieOf(entries));
        for (const item of entries) if (!isKept(item)) trie = removeEntry(trie, item);
        expect(trie).toEqual(trieOf(entries.filter((item) => isKept(item))));
      }),
    );
  });

  it('holds its entries, in the order of their keys', () => {
    fc.assert(
      fc.property(entrySet, (entries) => {
        const sorted = entries.toSorted((a, b) => (a.key + a.owner < b.key + b.owner ? -1 : 1));
        expect([...entriesOf(trieOf(entries))]).toEqual(sorted);
      }),
    );
  });

  it('never has more than a leaf full of entries that could be told apart, but at the greatest depth', () => {
    fc.assert(
      fc.property(entrySet, (entries) => {
        const leaves = leavesOf(trieOf(entries));
        for (const leaf of leaves) {
          const isOneKey = new Set(leaf.entries.map(({ key }) => key)).size === 1;
          const deepest = leaf.level + Math.max(...leaf.entries.map(({ depth }) => depth));
          expect(leaf.entries.length <= LEAF_SIZE || isOneKey || deepest === MAX_DEPTH).toBe(true);
          expect(deepest).toBeLessThanOrEqual(MAX_DEPTH);
        }
      }),
    );
  });

  it('shares what a change does not touch with the trie before', () => {
    const keys = ['000', '001', '002', '003', '004', '111', '112', '113', '114', '115', '222', '223'];
    const before = trieOf(keys.map((key) => anEntry(key, 'a')));
    const after = insertEntry(before, anEntry('005', 'a'));
    if (before?.kind !== 'branch' || after.kind !== 'branch') throw new Error('twelve entries make a branch');
    expect(after.children[0]).not.toBe(before.children[0]);
    expect(after.children[1]).toBe(before.children[1]);
    expect(after.children[2]).toBe(before.children[2]);
  });

  it('stays what it is when an entry is removed that it does not have', () => {
    fc.assert(
      fc.property(entrySet, entry, (entries, stranger) => {
        const others = entries.filter(({ key, owner }) => key !== stranger.key || owner !== stranger.owner);
        expect(removeEntry(trieOf(others), stranger)).toEqual(trieOf(others));
      }),
    );
  });
});

function anEntry(key: string, owner: string, depth = 0): TrieEntry {
  return { key, owner: owner as ServicePortKey, match: `to ${key}`, action: `of ${owner}`, depth };
}

function leavesOf(
  trie: Trie,
  level = 0,
): { readonly entries: readonly TrieEntry[]; readonly level: number }[] {
  if (!trie) return [];
  if (trie.kind === 'leaf') return [{ entries: trie.entries, level }];
  return trie.children.flatMap((child) => leavesOf(child, level + 1));
}
