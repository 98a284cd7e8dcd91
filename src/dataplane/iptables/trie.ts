// A persistent trie over strings of the digits 0 to 3. Its shape is a function of the set of its entries alone, whatever the
// order in which they came, so that nothing about it has to survive a restart. Operations return a new trie that shares what
// did not change with the old one.
import type { ServicePortKey } from '../../model/names.ts';

/** A leaf is split when it has more entries than this: a packet passes them one after the other. */
export const LEAF_SIZE = 6;

export interface TrieEntry {
  /** All keys of a trie are of one length. */
  readonly key: string;
  /** Entries of one key are told apart by their owners. */
  readonly owner: ServicePortKey;
  readonly rule: string;
}

export interface TrieLeaf {
  readonly kind: 'leaf';
  /** Sorted by key, then owner; never empty. */
  readonly entries: readonly TrieEntry[];
}

export interface TrieBranch {
  readonly kind: 'branch';
  /** What the keys of all entries begin with: as long as possible. */
  readonly prefix: string;
  readonly size: number;
  /** By the digit that follows the prefix. At least two of the four are there. */
  readonly children: readonly Trie[];
}

export type TrieNode = TrieLeaf | TrieBranch;

/** undefined when empty. */
export type Trie = TrieNode | undefined;

/** The trie of these entries. */
export function trieOf(entries: readonly TrieEntry[]): Trie {
  return nodeOf(entries.toSorted(compareEntries));
}

/** With the entry added, or put in the place of the one with its key and owner. */
export function insertEntry(trie: Trie, entry: TrieEntry): TrieNode {
  if (!trie) return { kind: 'leaf', entries: [entry] };
  if (trie.kind === 'leaf') return insertIntoLeaf(trie, entry);
  const prefix = commonPrefix(trie.prefix, entry.key);
  if (prefix === trie.prefix) return replaceChild(trie, entry, insertEntry(childOf(trie, entry.key), entry));
  const children: Trie[] = [undefined, undefined, undefined, undefined];
  children[digitAt(trie.prefix, prefix.length)] = trie;
  children[digitAt(entry.key, prefix.length)] = { kind: 'leaf', entries: [entry] };
  return branchOf(prefix, children);
}

/** Without the entry of this key and owner. */
export function removeEntry(trie: Trie, entry: TrieEntry): Trie {
  if (!trie) return undefined;
  if (trie.kind === 'leaf') return nodeOf(trie.entries.filter((other) => !isSameEntry(other, entry)));
  if (!entry.key.startsWith(trie.prefix)) return trie;
  const rest = replaceChild(trie, entry, removeEntry(childOf(trie, entry.key), entry));
  if (rest.size <= LEAF_SIZE) return { kind: 'leaf', entries: [...entriesOf(rest)] };
  const children = rest.children.filter((child) => child !== undefined);
  return children.length === 1 ? children[0] : rest;
}

/** In the order of the keys. */
export function* entriesOf(trie: Trie): Generator<TrieEntry> {
  if (trie?.kind === 'leaf') yield* trie.entries;
  else for (const child of trie?.children ?? []) yield* entriesOf(child);
}

/** What the keys of all entries begin with. */
export function prefixOf(node: TrieNode): string {
  if (node.kind === 'branch') return node.prefix;
  return commonPrefix(node.entries[0]?.key ?? '', node.entries.at(-1)?.key ?? '');
}

function nodeOf(sorted: readonly TrieEntry[]): Trie {
  if (sorted.length === 0) return undefined;
  const leaf: TrieLeaf = { kind: 'leaf', entries: sorted };
  const prefix = prefixOf(leaf);
  // Entries that share one key cannot be told apart by splitting.
  if (sorted.length <= LEAF_SIZE || prefix.length === sorted[0]?.key.length) return leaf;
  const groups: TrieEntry[][] = [[], [], [], []];
  for (const entry of sorted) groups[digitAt(entry.key, prefix.length)]?.push(entry);
  return branchOf(prefix, groups.map(nodeOf));
}

function branchOf(prefix: string, children: readonly Trie[]): TrieBranch {
  const size = children.reduce((sum, child) => sum + sizeOf(child), 0);
  return { kind: 'branch', prefix, size, children };
}

function sizeOf(trie: Trie): number {
  if (!trie) return 0;
  return trie.kind === 'leaf' ? trie.entries.length : trie.size;
}

function insertIntoLeaf(leaf: TrieLeaf, entry: TrieEntry): TrieNode {
  const others = leaf.entries.filter((other) => !isSameEntry(other, entry));
  return nodeOf([...others, entry].sort(compareEntries)) ?? leaf;
}

function childOf(branch: TrieBranch, key: string): Trie {
  return branch.children[digitAt(key, branch.prefix.length)];
}

function replaceChild(branch: TrieBranch, { key }: TrieEntry, child: Trie): TrieBranch {
  if (child === childOf(branch, key)) return branch;
  return branchOf(branch.prefix, branch.children.with(digitAt(key, branch.prefix.length), child));
}

function isSameEntry(a: TrieEntry, b: TrieEntry): boolean {
  return a.key === b.key && a.owner === b.owner;
}

function compareEntries(a: TrieEntry, b: TrieEntry): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.owner < b.owner ? -1 : 1;
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

function digitAt(digits: string, index: number): number {
  return digits.charCodeAt(index) - 48;
}
