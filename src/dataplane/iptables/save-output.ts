// Reads what iptables-save prints into the same form that rendering has. The rules of a chain stand together, and a chain is
// compared as a whole, so that no rule has to be understood.
import type { Cooperative } from '../../util/cooperate.ts';
import { type ChainId, chainId, EMPTY_CHAIN, summaryOf } from './chain.ts';
import { type KnownChains, noChains, setChain } from './known-chains.ts';
import { isProxyChain, type Table } from './names.ts';
import { ALL_SHARED_RULES, sharedRuleKey } from './shared-rules.ts';

export interface SavedRules {
  readonly chains: KnownChains;
  /** Of what we need in chains that are not ours alone, what is there: sharedRuleKeys, and ids of the chains. */
  readonly shared: Set<string>;
}

const SHARED_KEYS: ReadonlySet<string> = new Set(ALL_SHARED_RULES.map(sharedRuleKey));
const SHARED_CHAINS: ReadonlySet<string> = new Set(
  ALL_SHARED_RULES.map(({ table, chain }) => `${table} ${chain}`),
);

export function* parseSavedRules(output: string): Cooperative<SavedRules> {
  const saved: SavedRules = { chains: noChains(), shared: new Set() };
  let table: string | undefined;
  let start = 0;
  while (start < output.length) {
    const end = endOfLine(output, start);
    if (output[start] === '*') table = output.slice(start + 1, end - 1);
    if (isOurTable(table) && output[start] === ':')
      readDeclaration(saved, table, output.slice(start + 1, end));
    start = isOurTable(table) && output[start] === '-' ? readChain(saved, table, output, start) : end;
    yield;
  }
  return saved;
}

function isOurTable(table: string | undefined): table is Table {
  return table === 'filter' || table === 'nat' || table === 'mangle';
}

function readDeclaration({ chains, shared }: SavedRules, table: Table, line: string): void {
  const name = line.slice(0, line.indexOf(' '));
  const id = chainId({ table, name });
  if (isProxyChain(table, name)) setChain(chains, id, EMPTY_CHAIN);
  else if (SHARED_CHAINS.has(id)) shared.add(id);
}

/** Reads all rules of the chain whose first rule starts here, and returns where the next line starts. */
function readChain(saved: SavedRules, table: Table, output: string, start: number): number {
  const name = output.slice(start + 3, output.indexOf(' ', start + 3));
  const prefix = `-A ${name} `;
  let end = start;
  while (output.startsWith(prefix, end)) end = endOfLine(output, end);
  // A line that is no rule of a chain must not stop the reading.
  if (end === start) return endOfLine(output, start);
  const text = output.slice(start, end);
  const id = chainId({ table, name });
  if (isProxyChain(table, name)) setChain(saved.chains, id, summaryOf(text));
  else if (SHARED_CHAINS.has(id)) readSharedChain(saved, id, text);
  return end;
}

function readSharedChain({ shared }: SavedRules, id: ChainId, text: string): void {
  for (const line of text.split('\n')) {
    const key = `${id.slice(0, id.indexOf(' '))} ${line.slice('-A '.length)}`;
    if (SHARED_KEYS.has(key)) shared.add(key);
  }
}

function endOfLine(text: string, start: number): number {
  const newline = text.indexOf('\n', start);
  return newline < 0 ? text.length : newline + 1;
}
