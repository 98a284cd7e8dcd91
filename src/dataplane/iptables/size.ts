// How much we have in the kernel, by table.
import type { DataplaneSize } from '../dataplane.ts';
import { parseChainId } from './chain.ts';
import type { IptablesState } from './state.ts';

/** Chains and rules of each table. */
export function ruleCounts(chains: IptablesState['chains']): DataplaneSize {
  const size: Record<string, number> = {};
  for (const [id, { rules }] of chains) {
    const { table } = parseChainId(id);
    size[`${table}Chains`] = (size[`${table}Chains`] ?? 0) + 1;
    size[`${table}Rules`] = (size[`${table}Rules`] ?? 0) + rules;
  }
  return size;
}
