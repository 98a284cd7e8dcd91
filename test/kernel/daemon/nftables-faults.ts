// What is wrong with a table of Fairlead through which packets come: rules and elements that lead nowhere, and elements that nothing
// leads to. A table in its old or in its new state has neither.
import { FIRST_LOCAL_SLOT, PICK_SIZES } from '../../../src/dataplane/nftables/schema.ts';
import type { ListedChain, ListedTable } from './nftables-listing.ts';

/** From these, rules go on to the pick. */
const LEADING = ['plain-frontends', 'treated-frontends'];

/** How external frontends are treated. To NodePorts the addresses of the node lead. */
const EXTERNAL = ['cluster-external-frontends', 'local-external-frontends'];

/** None of a table through which no packet comes. */
export function faultsOfTable(table: ListedTable): string[] {
  if (!isLive(table)) return [];
  const slots = slotsByFrontend(table);
  const picks = sizesOf(table).flatMap((size) =>
    elementsOf(table, size.set).flatMap(([key]) => faultOfPick(size, slots.get(key) ?? []) ?? []),
  );
  const picked = keysOf(
    table,
    sizesOf(table).map(({ set }) => set),
  );
  const external = keysOf(table, EXTERNAL);
  const nodePorts = [...external].filter(isNodePort);
  const led = keysOf(table, LEADING).union(new Set(nodePorts));
  return [
    ...[...table.chains].flatMap(emptyBaseChain),
    ...[...table.chains].flatMap(([, { rules }]) => deadEnds(table, rules)),
    ...picks,
    ...[...led.difference(picked)].map((key) => `no endpoint is picked for ${key}`),
    ...[...keysOf(table, affinitySets(table)).difference(led)].map(
      (key) => `nothing leads to clients of ${key}`,
    ),
    ...[...picked.difference(led)].map((key) => `nothing leads to the pick for ${key}`),
    ...[...external.difference(led)].map((key) => `nothing leads to the treatment of ${key}`),
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

/** Where rules lead there are rules. */
function deadEnds(table: ListedTable, rules: readonly string[]): string[] {
  const targets = rules.flatMap((rule) => /"target":"([^"]*)"/.exec(rule)?.[1] ?? []);
  return targets
    .filter((chain) => !table.chains.get(chain)?.rules.length)
    .map((chain) => `no rules in ${chain}, where a rule leads`);
}

/** A set of the frontends with so many endpoints. */
interface Size {
  readonly set: string;
  readonly isLocal: boolean;
  readonly size: number;
}

function sizesOf({ sets }: ListedTable): Size[] {
  return [...sets.keys()].flatMap((set) => {
    const [, local, size] = /^(local-)?frontends-(\d+)$/.exec(set) ?? [];
    return size ? [{ set, isLocal: local !== undefined, size: Number(size) }] : [];
  });
}

/** The slots of a frontend are filled from the first on, and too many for the next smaller size. */
function faultOfPick({ set, isLocal, size }: Size, slots: readonly number[]): string | undefined {
  const first = isLocal ? FIRST_LOCAL_SLOT : 0;
  const used = slots
    .map((slot) => slot - first)
    .filter((slot) => slot >= 0 && slot < FIRST_LOCAL_SLOT)
    .sort((a, b) => a - b);
  const smaller = PICK_SIZES.filter((other) => other < size).at(-1) ?? 0;
  const isFilled = used.every((slot, i) => slot === i) && used.length > smaller && used.length <= size;
  return isFilled ? undefined : `slots ${used} for ${set}`;
}

/** Its key has the address that stands for any. */
function isNodePort(key: string): boolean {
  return /^\{"concat":\["(0\.0\.0\.0|::)"/.test(key);
}

function affinitySets({ sets }: ListedTable): string[] {
  return [...sets.keys()].filter((name) => name.startsWith('affinity-'));
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
