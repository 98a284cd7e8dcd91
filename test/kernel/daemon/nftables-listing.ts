// What `nft --json` prints, taken to pieces.
import type { Bed } from './bed.ts';
import { runOn } from './run-on.ts';

/** One table. Keys and values of elements are JSON, without spaces. */
export interface ListedTable {
  readonly family: string;
  readonly name: string;
  /** nft 1.0.6 has no right words for them. */
  readonly flags: string;
  readonly chains: ReadonlyMap<string, ListedChain>;
  readonly sets: ReadonlyMap<string, ListedSet>;
}

export interface ListedChain {
  /** Type, hook, priority and policy; empty for a chain that is no base chain. */
  readonly hook: string;
  /** Without counters. */
  readonly rules: readonly string[];
}

export interface ListedSet {
  /** Kind, types and flags. */
  readonly shape: string;
  /** Packets add to it. */
  readonly isLearned: boolean;
  readonly elements: ReadonlyMap<string, ListedElement>;
}

export interface ListedElement {
  readonly value: string;
  readonly comment: string;
}

/** `nft ARGS`. */
export function nft(bed: Bed, ...args: readonly string[]): Promise<string> {
  return runOn(bed, ['nft', ...args]);
}

/** Runs a script, as `nft -f` does. */
export function nftScript(bed: Bed, script: string): Promise<string> {
  return runOn(bed, ['nft', '-f', '-'], script);
}

export async function listTables(bed: Bed): Promise<ListedTable[]> {
  return tablesOf(await nft(bed, '--json', 'list', 'ruleset'));
}

export function tablesOf(json: string): ListedTable[] {
  const objects: readonly JsonObject[] = JSON.parse(json).nftables;
  const of = (kind: string): JsonObject[] =>
    objects.flatMap((object) => (kind in object ? [object[kind] as JsonObject] : []));
  return of('table').map(({ family, name, flags = '' }) => {
    const isIn = (object: JsonObject): boolean => object['family'] === family && object['table'] === name;
    const rules = Map.groupBy(of('rule').filter(isIn), ({ chain }) => String(chain));
    const chains = of('chain').filter(isIn);
    const sets = [...of('set'), ...of('map')].filter(isIn);
    return {
      family: String(family),
      name: String(name),
      flags: JSON.stringify(flags),
      chains: new Map(chains.map((chain) => [String(chain['name']), chainOf(chain, rules)])),
      sets: new Map(sets.map((set) => [String(set['name']), setOf(set)])),
    };
  });
}

type JsonObject = Readonly<Record<string, unknown>>;

function chainOf(chain: JsonObject, rules: ReadonlyMap<string, readonly JsonObject[]>): ListedChain {
  const { name, type, hook, prio, policy } = chain;
  return {
    hook: type === undefined ? '' : [type, hook, prio, policy].join(' '),
    rules: (rules.get(String(name)) ?? []).map(({ expr }) => JSON.stringify(expr, withoutCounts)),
  };
}

function withoutCounts(key: string, value: unknown): unknown {
  return key === 'counter' ? {} : value;
}

function setOf(set: JsonObject): ListedSet {
  const { type, map = '', flags = [], elem = [] } = set;
  return {
    shape: JSON.stringify([type, map, flags]),
    isLearned: JSON.stringify(flags).includes('dynamic') || JSON.stringify(flags).includes('timeout'),
    elements: new Map((elem as readonly unknown[]).map((element) => elementOf(element, map !== ''))),
  };
}

/** An element is its key, or an object that has it beside a comment; of a map, a pair of that and the value. */
function elementOf(element: unknown, isOfMap: boolean): [string, ListedElement] {
  const [key, value] = isOfMap ? (element as [unknown, unknown]) : [element, ''];
  const { val = key, comment = '' } = (key as { elem?: JsonObject }).elem ?? {};
  return [JSON.stringify(val), { value: JSON.stringify(value), comment: String(comment) }];
}
