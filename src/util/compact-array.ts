// Arrays that are kept for long.

const EMPTY: readonly never[] = Object.freeze([]);

/**
 * The same elements in an array without spare room. V8 gives 17 places to an array that grows, as by push, filter and
 * flatMap, so a list of one takes 184 bytes instead of 56; empty ones are all the same array.
 */
export function compactArray<T>(array: readonly T[]): readonly T[] {
  return array.length === 0 ? EMPTY : array.slice();
}
