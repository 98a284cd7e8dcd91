// How much there is in our table.
import type { DataplaneSize } from '../dataplane.ts';
import type { FoundElements, NftablesState } from './state.ts';

/** Elements that packets have added are not counted. */
export function size(state: NftablesState): DataplaneSize {
  const { chains, sets } = state.table;
  const elements = state.found ? countFound(state.found) : countKnown(state);
  return { chains: chains.size, sets: sets.size, elements };
}

function countKnown({ elementCount, uses: { clusterIps, hairpins } }: NftablesState): number {
  return elementCount + clusterIps.size + hairpins.size;
}

function countFound(found: FoundElements): number {
  return Array.from(found).reduce((sum, [set, { size }]) => sum + (set === 'clients' ? 0 : size), 0);
}
