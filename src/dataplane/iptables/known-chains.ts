// The chains that the kernel is known to have, with totals that are kept up to date, because asking for them must not cost
// more when there are more chains.
import { type ChainId, type ChainSummary, parseChainId } from './chain.ts';
import type { Table } from './names.ts';

export interface TableTotals {
  readonly chains: number;
  readonly rules: number;
  readonly jumps: number;
}

export interface KnownChains {
  readonly byId: Map<ChainId, ChainSummary>;
  readonly totals: { [table in Table]: TableTotals };
}

export function noChains(): KnownChains {
  const none = { chains: 0, rules: 0, jumps: 0 };
  return { byId: new Map(), totals: { filter: none, nat: none, mangle: none } };
}

/** Adds the chain or replaces what is known of it. */
export function setChain(known: KnownChains, id: ChainId, summary: ChainSummary): void {
  deleteChain(known, id);
  known.byId.set(id, summary);
  count(known, id, summary, 1);
}

export function deleteChain(known: KnownChains, id: ChainId): void {
  const summary = known.byId.get(id);
  if (!summary) return;
  known.byId.delete(id);
  count(known, id, summary, -1);
}

function count({ totals }: KnownChains, id: ChainId, summary: ChainSummary, sign: 1 | -1): void {
  const { table } = parseChainId(id);
  const { chains, rules, jumps } = totals[table];
  totals[table] = {
    chains: chains + sign,
    rules: rules + sign * summary.rules,
    jumps: jumps + sign * summary.jumps,
  };
}
