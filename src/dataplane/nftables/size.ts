// How much there is in our table.
import type { DataplaneSize } from '../dataplane.ts';
import type { FoundElements, NftablesState } from './state.ts';

/** Elements that packets have added are not counted. */
export function size({ table: { chains, sets }, found, elementCount, uses }: NftablesState): DataplaneSize {
  const { clusterIps, hairpins } = uses;
  return {
    chains: chains.size,
    sets: sets.size,
    elements: found ? countFound(found) : elementCount + clusterIps.size + hairpins.size,
  };
}

function countFound(found: FoundElements): number {
  return Array.from(found).reduce((sum, [set, { size }]) => sum + (set === 'clients' ? 0 : size), 0);
}
