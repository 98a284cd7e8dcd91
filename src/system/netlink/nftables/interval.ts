// Sets of intervals whose key has one field: the kernel has two elements for an interval, the first key and the first one beyond it.
// Here an interval is its first and its last key, as in sets of concatenated keys.
import type { NftElement, NftSet } from './nft-set.ts';

/** An element as the kernel has it: where an interval begins, or where it has ended. */
export interface Boundary extends NftElement {
  readonly isEnd?: boolean;
}

export function isPlainInterval({ isInterval, key }: NftSet): boolean {
  return isInterval === true && key.length === 1;
}

/** The next larger key; undefined for the last one. */
export function successor(key: string): string | undefined {
  return neighbour(key, 255, 0, 1);
}

/** The intervals of a whole set, from its elements in any order. */
export function intervalsOf(boundaries: readonly Boundary[]): NftElement[] {
  const sorted = boundaries.toSorted((a, b) => compare(a, b));
  return sorted.flatMap((boundary, i) => {
    if (boundary.isEnd) return [];
    const next = sorted[i + 1];
    const last = next && neighbour(next.key, 0, 255, -1);
    return [{ ...boundary, keyEnd: last ?? '\xff'.repeat(boundary.key.length) }];
  });
}

/** One interval may begin where another has ended. */
function compare(a: Boundary, b: Boundary): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return Number(b.isEnd ?? false) - Number(a.isEnd ?? false);
}

/** Counts up or down by one: bytes at the limit start again, and the one before them changes. */
function neighbour(key: string, limit: number, again: number, step: 1 | -1): string | undefined {
  let at = key.length - 1;
  while (at >= 0 && key.charCodeAt(at) === limit) at--;
  if (at < 0) return undefined;
  const changed = String.fromCharCode(key.charCodeAt(at) + step);
  return key.slice(0, at) + changed + String.fromCharCode(again).repeat(key.length - at - 1);
}
