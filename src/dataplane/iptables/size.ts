// How much we have in the kernel, by table.
import type { DataplaneSize } from '../dataplane.ts';
import type { KnownChains } from './known-chains.ts';

/** Chains and rules of each table. */
export function ruleCounts({ totals }: KnownChains): DataplaneSize {
  const size: Record<string, number> = {};
  for (const [table, { chains, rules }] of Object.entries(totals)) {
    size[`${table}Chains`] = chains;
    size[`${table}Rules`] = rules;
  }
  return size;
}
