// What has to be written to take the kernel from what it holds to what is desired. Pure.
import type { IpFamily } from '../../model/ip.ts';
import type { ServicePortKey } from '../../model/names.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import { type ElementChange, inOrder, isNothing } from './element-changes.ts';
import { type Evictions, evictionsOf, staleClients } from './evictions.ts';
import { foundChanges } from './found-changes.ts';
import type { LayoutChange, LayoutChanges } from './layout.ts';
import { type KnownChange, layoutChanges } from './layout-changes.ts';
import { affinityChanges, changedUses, type SharedUses } from './shared-uses.ts';
import type { NftablesChangeSet, NftablesDesired, NftablesState } from './state.ts';
import { noTableChanges, type TableChanges, tableChanges } from './table-changes.ts';

/** A complete desired state has everything: what it does not have is removed. */
export interface DiffInput {
  readonly family: IpFamily;
  readonly state: NftablesState;
  readonly desired: NftablesDesired;
  readonly isComplete: boolean;
}

export function* diff(input: DiffInput): Cooperative<NftablesChangeSet> {
  const { family, state, isComplete } = input;
  const services = serviceChanges(input);
  const uses = yield* changedUses(state.uses, services);
  const table = changesOfTable(input, uses);
  yield;
  const changes = yield* elementChanges(input, services, uses);
  const evictions = yield* allEvictions(input, services);
  const objects = [table.removes.chains, table.removes.sets, table.sets, table.chains];
  const isSame = !table.makesLive && objects.every(({ length }) => length === 0);
  return {
    isEmpty: isSame && evictions.size === 0 && changes.every(isNothing),
    ...table,
    elements: inOrder(changes, new Set(table.removes.sets)),
    evictions,
    next: { family, isComplete, services, uses },
  };
}

function serviceChanges({ state, desired, isComplete }: DiffInput): LayoutChanges {
  const changes = new Map<ServicePortKey, LayoutChange>();
  for (const [key, after] of desired.services) changes.set(key, { before: state.services.get(key), after });
  if (!isComplete) return changes;
  for (const [key, before] of state.services) {
    if (!changes.has(key)) changes.set(key, { before, after: undefined });
  }
  return changes;
}

function changesOfTable({ family, state, desired, isComplete }: DiffInput, uses: SharedUses): TableChanges {
  const { table, found } = state;
  const { inUse, gone, isChanged } = affinityChanges(state.uses, uses);
  const isInDoubt = isComplete || found !== undefined;
  if (!isInDoubt && !isChanged && desired.global === state.global) return noTableChanges(table);
  const { global } = desired;
  return tableChanges(table, { family, global, affinitySeconds: inUse, goneSeconds: gone, isComplete });
}

function elementChanges(
  { family, state, desired, isComplete }: DiffInput,
  services: LayoutChanges,
  changed: SharedUses,
): Cooperative<ElementChange[]> {
  const change: KnownChange = {
    family,
    services,
    globals: { before: state.global, after: desired.global },
    uses: { before: state.uses, changed },
  };
  return state.found ? foundChanges({ ...change, found: state.found, isComplete }) : layoutChanges(change);
}

function* allEvictions(
  { family, state: { found }, desired, isComplete }: DiffInput,
  services: LayoutChanges,
): Cooperative<Evictions> {
  const evictions = yield* evictionsOf(services, family);
  if (!isComplete || !found) return evictions;
  return new Map([...(yield* staleClients(found, desired.services.values(), family)), ...evictions]);
}
