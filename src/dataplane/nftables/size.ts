// How much there is in our table.
import type { DataplaneSize } from '../dataplane.ts';
import { globalElements } from './global-elements.ts';
import type { FoundElements, NftablesState } from './state.ts';

/** Elements that packets have added are not counted. */
export function size(state: NftablesState): DataplaneSize {
  const { chains, sets } = state.table;
  const elements = state.found ? countFound(state.found) : countKnown(state);
  return { chains: chains.size, sets: sets.size, elements };
}

function countKnown({ elementCount, uses: { clusterIps, hairpins }, global }: NftablesState): number {
  const globals = global ? globalElements(global).length : 0;
  return elementCount + clusterIps.size + hairpins.size + globals;
}

function countFound(found: FoundElements): number {
  return Array.from(found).reduce((sum, [set, { size }]) => sum + (set === 'clients' ? 0 : size), 0);
}
