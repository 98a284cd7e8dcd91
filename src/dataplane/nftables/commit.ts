// The state after a change set was applied. Reuses the storage of the state before it: 10,000 layouts are not copied for one changed
// endpoint.
import type { GlobalPlan } from '../../plan/plan.ts';
import { setShape } from '../../system/netlink/nftables/set-types.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import { contentOf } from './element-content.ts';
import { countElements } from './elements.ts';
import { globalElements } from './global-elements.ts';
import { kernelSet } from './kernel-set.ts';
import { commitUses } from './shared-uses.ts';
import type {
  FoundElements,
  KnownTable,
  NftablesChangeSet,
  NftablesDesired,
  NftablesState,
} from './state.ts';

export function* commit(
  state: NftablesState,
  desired: NftablesDesired,
  changes: NftablesChangeSet,
): Cooperative<NftablesState> {
  const { services, uses } = state;
  // First, as the elements are made from the state before.
  const found = yield* commitFound(state.found, changes);
  const globals = desired.global === state.global ? 0 : countOf(desired.global) - countOf(state.global);
  const elementCount = state.elementCount + globals + (yield* countChange(changes));
  for (const [key, { after }] of changes.next.services) {
    if (after) services.set(key, after);
    else services.delete(key);
  }
  commitUses(uses, changes.next.uses);
  return {
    table: commitTable(state.table, changes),
    found,
    global: desired.global,
    services,
    uses,
    elementCount,
  };
}

function* commitFound(
  found: FoundElements | undefined,
  { removes, sets, elements, next }: NftablesChangeSet,
): Cooperative<FoundElements | undefined> {
  if (!found || next.isComplete) return undefined;
  for (const set of removes.sets) (found as Map<string, unknown>).delete(set);
  for (const { name } of sets) found.set(name, new Map());
  for (const { deletes, adds } of elements) {
    for (const { set, key } of deletes) found.get(set)?.delete(key);
    for (const element of adds) found.get(element.set)?.set(element.key, contentOf(element));
    yield;
  }
  return found;
}

function* countChange({ next: { services, family } }: NftablesChangeSet): Cooperative<number> {
  let change = 0;
  for (const { before, after } of services.values()) {
    change += countElements(after, family) - countElements(before, family);
    yield;
  }
  return change;
}

function countOf(global: GlobalPlan | undefined): number {
  return global ? globalElements(global).length : 0;
}

function commitTable({ isLive, chains, sets }: KnownTable, changes: NftablesChangeSet): KnownTable {
  for (const name of changes.removes.chains) chains.delete(name);
  for (const name of changes.removes.sets) sets.delete(name);
  for (const schema of changes.sets) sets.set(schema.name, setShape(kernelSet(schema, changes.next.family)));
  for (const { name, hook, rules } of changes.chains) {
    chains.set(name, { hook, tags: rules.map(({ tag }) => tag) });
  }
  return { isLive: isLive || changes.makesLive, chains, sets };
}
