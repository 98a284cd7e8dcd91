// Elements that a read saw and that are to be deleted unless somebody turns out to want them.
import type { Cooperative } from '../../util/cooperate.ts';
import type { Element, Packed } from './element.ts';
import { elementsOf } from './elements.ts';
import type { FoundChange } from './found-changes.ts';
import { foundUnder } from './found-elements.ts';
import { frontendUses } from './frontend-use.ts';
import { GLOBAL_SETS } from './global-elements.ts';
import { type SetName, schemaOf } from './schema.ts';
import { sharedElementsBeyond, usesBefore } from './shared-uses.ts';
import type { FoundElements } from './state.ts';

/** Keys by set, the very strings of what was found: there may be 100,000. */
export type Leftovers = Map<SetName, Set<Packed>>;

const YIELD_EVERY = 1_000;

/** Everything, but for what packets have added. */
export function* allFound(found: FoundElements): Cooperative<Leftovers> {
  const leftovers: Leftovers = new Map();
  let count = 0;
  for (const [set, elements] of found) {
    if (schemaOf(set).isLearned) continue;
    for (const key of elements.keys()) {
      addLeftover(leftovers, set, key);
      if (++count % YIELD_EVERY === 0) yield;
    }
  }
  return leftovers;
}

/** What the changed service ports had, what there is under the frontends that they have now, and what belongs to no Service. */
export function* foundOfChanged({ found, family, services, uses }: FoundChange): Cooperative<Leftovers> {
  const leftovers: Leftovers = new Map();
  const addFound = (set: SetName, key: Packed) => {
    if (found.get(set)?.has(key)) addLeftover(leftovers, set, key);
  };
  for (const set of GLOBAL_SETS) {
    for (const key of found.get(set)?.keys() ?? []) addLeftover(leftovers, set, key);
  }
  for (const { set, key } of sharedElementsBeyond(usesBefore(uses.before, uses.changed), uses.changed))
    addFound(set, key);
  for (const { before, after } of services.values()) {
    for (const { set, key } of before ? elementsOf(before, family) : []) addFound(set, key);
    for (const { key } of after ? frontendUses(after, family) : []) {
      for (const [set, elementKey] of foundUnder(found, key)) addLeftover(leftovers, set, elementKey);
    }
    yield;
  }
  return leftovers;
}

export function addLeftover(leftovers: Leftovers, set: SetName, key: Packed): void {
  const keys = leftovers.get(set);
  if (keys) keys.add(key);
  else leftovers.set(set, new Set([key]));
}

export function takeLeftover(leftovers: Leftovers, { set, key }: Element): void {
  leftovers.get(set)?.delete(key);
}

/** As they have to be deleted. */
export function* leftoverElements(leftovers: Leftovers, found: FoundElements): Generator<Element> {
  for (const [set, keys] of leftovers) {
    const { isInterval } = schemaOf(set);
    for (const key of keys) {
      const content = found.get(set)?.get(key);
      yield isInterval && content !== undefined ? { set, key, keyEnd: content as Packed } : { set, key };
    }
  }
}
