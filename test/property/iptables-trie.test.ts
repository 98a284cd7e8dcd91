// The dispatch trie's shape is a function of its entries alone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  entriesOf,
  insertEntry,
  LEAF_SIZE,
  removeEntry,
  type Trie,
  type TrieEntry,
  trieOf,
} from '../../src/dataplane/iptables/trie.ts';
import type { ServicePortKey } from '../../src/model/names.ts';

// Few digits and owners, so that keys are close together and sometimes equal.
const entry = fc
  .tuple(fc.stringMatching(/^[0-3]{5}$/), fc.constantFrom('a', 'b', 'c'))
  .map(([key, owner]): TrieEntry => ({ key, owner: owner as ServicePortKey, rule: `to ${key} ${owner}` }));
const entrySet = fc.uniqueArray(entry, { selector: ({ key, owner }) => key + owner, maxLength: 120 });

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

  it('never has more than a leaf full of entries that could be told apart', () => {
    fc.assert(
      fc.property(entrySet, (entries) => {
        const leaves = leavesOf(trieOf(entries));
        for (const leaf of leaves) {
          const isOneKey = new Set(leaf.map(({ key }) => key)).size === 1;
          expect(leaf.length <= LEAF_SIZE || isOneKey).toBe(true);
        }
      }),
    );
  });

  it('shares what a change does not touch with the trie before', () => {
    const entries = ['00000', '00001', '00002', '11111', '11112', '11113', '22222', '22223', '22220'].map(
      (key): TrieEntry => ({ key, owner: 'a' as ServicePortKey, rule: key }),
    );
    const before = trieOf(entries);
    const after = insertEntry(before, { key: '00003', owner: 'a' as ServicePortKey, rule: '' });
    if (before?.kind !== 'branch' || after.kind !== 'branch') throw new Error('nine entries make a branch');
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

function leavesOf(trie: Trie): (readonly TrieEntry[])[] {
  if (!trie) return [];
  return trie.kind === 'leaf' ? [trie.entries] : trie.children.flatMap(leavesOf);
}
