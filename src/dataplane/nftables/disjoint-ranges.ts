// Networks as ranges of addresses of which none holds another: the kernel refuses intervals that overlap.
import type { Cidr } from '../../model/ip.ts';
import type { Packed } from './element.ts';
import { packCidr } from './packed.ts';

export interface AddressRange {
  readonly first: Packed;
  /** Inclusive. */
  readonly last: Packed;
}

/** The same addresses, sorted, each in one range. The networks are of one family. */
export function disjointRanges(cidrs: readonly Cidr[]): AddressRange[] {
  // Of networks with the same first address the largest comes first and holds the others.
  const sorted = cidrs.map(packCidr).sort(compareRanges);
  const ranges: AddressRange[] = [];
  for (const range of sorted) {
    const previous = ranges.at(-1);
    // Two networks are apart, or one holds the other.
    if (!previous || range.first > previous.last) ranges.push(range);
  }
  return ranges;
}

function compareRanges(a: AddressRange, b: AddressRange): number {
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  if (a.last === b.last) return 0;
  return a.last > b.last ? -1 : 1;
}
