// Which elements change when the kernel has exactly what the layouts before say.
import type { IpFamily } from '../../model/ip.ts';
import type { ServicePortKey } from '../../model/names.ts';
import type { GlobalPlan } from '../../plan/plan.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import type { Element } from './element.ts';
import { type ElementChange, isNothing, keepingFew } from './element-changes.ts';
import { contentOf } from './element-content.ts';
import { elementsBeyond } from './elements.ts';
import { globalElements } from './global-elements.ts';
import type { LayoutChange, LayoutChanges } from './layout.ts';
import { type SharedUses, sharedElementsBeyond, usesBefore } from './shared-uses.ts';

export interface KnownChange {
  readonly family: IpFamily;
  readonly services: LayoutChanges;
  readonly globals: { readonly before: GlobalPlan | undefined; readonly after: GlobalPlan };
  readonly uses: { readonly before: SharedUses; readonly changed: SharedUses };
}

/** Costs the difference of the layouts, however many elements they have. */
export function* layoutChanges(change: KnownChange): Cooperative<ElementChange[]> {
  const changes = [globalChange(change), sharedChange(change)];
  for (const [owner, layouts] of change.services) {
    const ofService = serviceChange(owner, layouts, change);
    // Of a Service that is new or gone there are elements: to look for the first one is to make it twice.
    if (!layouts.before || !layouts.after || !isNothing(ofService)) changes.push(ofService);
    yield;
  }
  return changes;
}

function serviceChange(
  owner: ServicePortKey,
  { before, after }: LayoutChange,
  { family }: KnownChange,
): ElementChange {
  const deletes = () => elementsBeyond(before, after, family);
  const adds = () => elementsBeyond(after, before, family);
  return before && after
    ? { owner, deletes: keepingFew(deletes), adds: keepingFew(adds) }
    : { owner, deletes, adds };
}

function sharedChange({ uses: { before, changed } }: KnownChange): ElementChange {
  const unchanged = usesBefore(before, changed);
  return {
    owner: undefined,
    deletes: () => sharedElementsBeyond(unchanged, changed),
    adds: () => sharedElementsBeyond(changed, unchanged),
  };
}

function globalChange({ globals: { before, after } }: KnownChange): ElementChange {
  const [old, wanted] = [before ? globalElements(before) : [], globalElements(after)];
  return {
    owner: undefined,
    deletes: () => (before === after ? [] : beyond(old, wanted)),
    adds: () => (before === after ? [] : beyond(wanted, old)),
  };
}

function beyond(elements: readonly Element[], others: readonly Element[]): Element[] {
  const isSame = (a: Element, b: Element) =>
    a.set === b.set && a.key === b.key && contentOf(a) === contentOf(b);
  return elements.filter((element) => !others.some((other) => isSame(element, other)));
}
