// How much we have in the kernel, by table.
import type { DataplaneSize } from '../dataplane.ts';
import type { Chain } from './chain.ts';
import type { KnownChains } from './known-chains.ts';
import type { IptablesChangeSet } from './state.ts';

/** Chains and rules of each table. */
export function ruleCounts({ totals }: KnownChains): DataplaneSize {
  const size: Record<string, number> = {};
  for (const [table, { chains, rules }] of Object.entries(totals)) {
    size[`${table}Chains`] = chains;
    size[`${table}Rules`] = rules;
  }
  return size;
}

/** Rules of each table that a change set writes. */
export function rulesWritten({ writes, inserts }: IptablesChangeSet): DataplaneSize {
  return { natRules: rulesIn('nat', writes, inserts), filterRules: rulesIn('filter', writes, inserts) };
}

function rulesIn(
  table: Chain['table'],
  writes: IptablesChangeSet['writes'],
  inserts: IptablesChangeSet['inserts'],
): number {
  const rules = writes.filter((chain) => chain.table === table).reduce((sum, chain) => sum + chain.rules, 0);
  return rules + inserts.filter((rule) => rule.table === table).length;
}
