// What is wrong with a table of Fairlead through which packets come: elements that lead nowhere, and elements that nothing
// leads to. A table in its old or in its new state has neither.
import { FIRST_LOCAL_SLOT, PICK_SIZES } from '../../../src/dataplane/nftables/schema.ts';
import type { ListedChain, ListedTable } from './nftables-listing.ts';

/** The maps from frontends to the chains that pick an endpoint: at once, or after the frontend was treated by other rules. */
const FRONTENDS = 'frontends';
const PICKS = ['picks', 'local-picks'];

/** None of a table through which no packet comes. */
export function faultsOfTable(table: ListedTable): string[] {
  if (!isLive(table)) return [];
  const slots = slotsByFrontend(table);
  const picks = [FRONTENDS, ...PICKS].flatMap((map) =>
    elementsOf(table, map).flatMap(
      ([key, { value }]) => faultOfPick(table, slots.get(key) ?? [], value) ?? [],
    ),
  );
  const [led, treated] = [keysOf(table, PICKS), keysOf(table, setsOfTreated(table))];
  const picked = keysOf(table, [FRONTENDS, ...PICKS]);
  return [
    ...[...table.chains].flatMap(emptyBaseChain),
    ...picks,
    ...[...treated.difference(led)].map((key) => `no endpoint is picked for ${key}`),
    ...[...led.difference(treated)].map((key) => `nothing leads to the pick for ${key}`),
    ...[...new Set(slots.keys()).difference(picked)].map((key) => `nothing leads to the endpoints of ${key}`),
  ];
}

/** Packets come through it. */
export function isLive({ chains }: ListedTable): boolean {
  return chains.values().some(({ hook, rules }) => hook !== '' && rules.length > 0);
}

function emptyBaseChain([name, { hook, rules }]: [string, ListedChain]) {
  return hook !== '' && rules.length === 0 ? [`${name} is empty`] : [];
}

/** The slots of a chain are filled from the first on, and too many for the next smaller chain. */
function faultOfPick(table: ListedTable, slots: readonly number[], verdict: string): string | undefined {
  const [, chain = '', local, size] = /"target":"([\w-]*pick(-local)?-(\d+))"/.exec(verdict) ?? [];
  if (!table.chains.get(chain)?.rules.length) return `no rules where ${verdict} leads`;
  const first = local ? FIRST_LOCAL_SLOT : 0;
  const used = slots
    .map((slot) => slot - first)
    .filter((slot) => slot >= 0 && slot < FIRST_LOCAL_SLOT)
    .sort((a, b) => a - b);
  const smaller = PICK_SIZES.filter((other) => other < Number(size)).at(-1) ?? 0;
  const isFilled =
    used.every((slot, i) => slot === i) && used.length > smaller && used.length <= Number(size);
  return isFilled ? undefined : `slots ${used} for ${chain}`;
}

/** Of frontends that need more than a pick. */
function setsOfTreated({ sets }: ListedTable): string[] {
  return [...sets.keys()].filter((name) => /^(affinity-|(cluster|local)-external-frontends$)/.test(name));
}

function slotsByFrontend(table: ListedTable): ReadonlyMap<string, readonly number[]> {
  const keys = elementsOf(table, 'endpoints').map(([key]) => JSON.parse(key).concat as unknown[]);
  const groups = Map.groupBy(keys, (fields) => JSON.stringify({ concat: fields.slice(0, -1) }));
  return new Map(Array.from(groups, ([key, group]) => [key, group.map((fields) => Number(fields.at(-1)))]));
}

function keysOf(table: ListedTable, sets: readonly string[]): Set<string> {
  return new Set(sets.flatMap((set) => elementsOf(table, set).map(([key]) => key)));
}

function elementsOf({ sets }: ListedTable, set: string) {
  return [...(sets.get(set)?.elements ?? [])];
}
