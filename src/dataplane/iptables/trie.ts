// A persistent trie over strings of the digits 0 to 7. Its shape is a function of the set of its entries alone, whatever the
// order in which they came, so that nothing about it has to survive a restart. Operations return a new trie that shares what
// did not change with the old one.
import type { ServicePortKey } from '../../model/names.ts';
import { compactArray } from '../../util/compact-array.ts';

/** A leaf is split when it has more entries than this: a packet passes them one after the other. */
export const LEAF_SIZE = 4;

/**
 * How many chains may follow one another below the chain with the root's rules. nf_tables refuses rules that lead more than
 * 15 deep (NFT_JUMP_STACK_SIZE), and somebody may choose addresses and ports that are alike as long as possible: where it
 * would get too deep, a node stays a leaf, whatever its size.
 */
export const MAX_DEPTH = 14;

const FAN_OUT = 8;

export interface TrieEntry {
  /** All keys of a trie are of one length. */
  readonly key: string;
  /** Entries of one key are told apart by their owners. */
  readonly owner: ServicePortKey;
  /** The rule for packets with this key: `-d 10.96.1.1/32 -p tcp …` and `-g KUBE-SVC-…`. */
  readonly match: string;
  readonly action: string;
  /** How many chains the action may lead through, one below the other. */
  readonly depth: number;
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
  /** The greatest depth of its entries. */
  readonly entryDepth: number;
  /** By the digit that follows the prefix. At least two of the eight are there. */
  readonly children: readonly Trie[];
}

export type TrieNode = TrieLeaf | TrieBranch;

/** undefined when empty. */
export type Trie = TrieNode | undefined;

/** The trie of these entries. */
export function trieOf(entries: readonly TrieEntry[]): Trie {
  return nodeOf(entries.toSorted(compareEntries), 0);
}

/** With the entry added, or put in the place of the one with its key and owner. */
export function insertEntry(trie: Trie, entry: TrieEntry): TrieNode {
  return insertAt(trie, entry, 0);
}

/** Without the entry of this key and owner. */
export function removeEntry(trie: Trie, entry: TrieEntry): Trie {
  return removeAt(trie, entry, 0);
}

function insertAt(trie: Trie, entry: TrieEntry, level: number): TrieNode {
  if (!trie) return { kind: 'leaf', entries: [entry] };
  const prefix = trie.kind === 'branch' ? commonPrefix(trie.prefix, entry.key) : '';
  const isWithin = trie.kind === 'branch' && prefix === trie.prefix;
  if (isWithin && canSplit(level, Math.max(trie.entryDepth, entry.depth))) {
    return replaceChild(trie, entry, insertAt(childOf(trie, entry.key), entry, level + 1));
  }
  // A branch that moves down a level is built anew, and so is one that must become a leaf: both are rare.
  const others = [...entriesOf(trie)].filter((other) => !isSameEntry(other, entry));
  return nodeOf([...others, entry].sort(compareEntries), level) ?? trie;
}

function removeAt(trie: Trie, entry: TrieEntry, level: number): Trie {
  if (!trie) return undefined;
  if (trie.kind === 'leaf') {
    return nodeOf(
      trie.entries.filter((other) => !isSameEntry(other, entry)),
      level,
    );
  }
  if (!entry.key.startsWith(trie.prefix)) return trie;
  const rest = replaceChild(trie, entry, removeAt(childOf(trie, entry.key), entry, level + 1));
  const isStillBranch = rest.size > LEAF_SIZE && rest.children.filter(Boolean).length > 1;
  return isStillBranch ? rest : nodeOf([...entriesOf(rest)], level);
}

/** In the order of the keys. */
export function* entriesOf(trie: Trie): Generator<TrieEntry> {
  if (trie?.kind === 'leaf') yield* trie.entries;
  else for (const child of trie?.children ?? []) yield* entriesOf(child);
}

/** What the keys of all entries begin with. */
function prefixOf(node: TrieNode): string {
  if (node.kind === 'branch') return node.prefix;
  return commonPrefix(node.entries[0]?.key ?? '', node.entries.at(-1)?.key ?? '');
}

function nodeOf(sorted: readonly TrieEntry[], level: number): Trie {
  if (sorted.length === 0) return undefined;
  const leaf: TrieLeaf = { kind: 'leaf', entries: compactArray(sorted) };
  const prefix = prefixOf(leaf);
  // Entries that share one key cannot be told apart by splitting.
  const isOneKey = prefix.length === sorted[0]?.key.length;
  if (sorted.length <= LEAF_SIZE || isOneKey || !canSplit(level, depthOf(leaf))) return leaf;
  const groups: TrieEntry[][] = Array.from({ length: FAN_OUT }, () => []);
  for (const entry of sorted) groups[digitAt(entry.key, prefix.length)]?.push(entry);
  return branchOf(
    prefix,
    groups.map((group) => nodeOf(group, level + 1)),
  );
}

function branchOf(prefix: string, children: readonly Trie[]): TrieBranch {
  const size = children.reduce((sum, child) => sum + sizeOf(child), 0);
  const entryDepth = Math.max(...children.map(depthOf));
  return { kind: 'branch', prefix, size, entryDepth, children };
}

/** Whether the entries of a node at this level would not get too deep one level further down. */
function canSplit(level: number, entryDepth: number): boolean {
  return level + 1 + entryDepth <= MAX_DEPTH;
}

function depthOf(trie: Trie): number {
  if (!trie) return 0;
  return trie.kind === 'branch' ? trie.entryDepth : Math.max(...trie.entries.map(({ depth }) => depth));
}

/** The number of entries. */
export function sizeOf(trie: Trie): number {
  if (!trie) return 0;
  return trie.kind === 'leaf' ? trie.entries.length : trie.size;
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
