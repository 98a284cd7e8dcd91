// Which elements change when the kernel was read: element by element, whatever the layouts before say.
import type { ServicePortKey } from '../../model/names.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import type { Element } from './element.ts';
import { type ElementChange, type ElementSource, NO_ELEMENTS } from './element-changes.ts';
import { contentOf } from './element-content.ts';
import { elementsOf } from './elements.ts';
import { globalElements } from './global-elements.ts';
import type { KnownChange } from './layout-changes.ts';
import {
  addLeftover,
  allFound,
  foundOfChanged,
  type Leftovers,
  leftoverElements,
  takeLeftover,
} from './leftovers.ts';
import { noUses, sharedElementsBeyond } from './shared-uses.ts';
import type { FoundElements } from './state.ts';

export interface FoundChange extends KnownChange {
  readonly found: FoundElements;
  /** What nobody wants is deleted; otherwise only what the changed service ports have no more. */
  readonly isComplete: boolean;
}

interface Wanted {
  readonly owner: ServicePortKey | undefined;
  readonly elements: ElementSource;
}

const YIELD_EVERY = 1_000;

/** Costs all elements of what changes. */
export function* foundChanges(change: FoundChange): Cooperative<ElementChange[]> {
  const { found } = change;
  const leftovers = yield* change.isComplete ? allFound(found) : foundOfChanged(change);
  const changes: ElementChange[] = [];
  const isFirstLoad = found.values().every(({ size }) => size === 0);
  for (const { owner, elements } of wantedElements(change)) {
    const isThere = !isFirstLoad && (yield* takeOff(leftovers, found, elements()));
    yield;
    if (!isThere) changes.push({ owner, deletes: NO_ELEMENTS, adds: () => missingFrom(found, elements()) });
  }
  const rest = { owner: undefined, deletes: () => leftoverElements(leftovers, found), adds: NO_ELEMENTS };
  return [rest, ...changes];
}

function* wantedElements({ family, globals, uses, services }: FoundChange): Generator<Wanted> {
  yield { owner: undefined, elements: () => globalElements(globals.after) };
  yield { owner: undefined, elements: () => sharedElementsBeyond(uses.changed, noUses()) };
  for (const [owner, { after }] of services) {
    if (after) yield { owner, elements: () => elementsOf(after, family) };
  }
}

/** Leaves what is as it should be out of the leftovers, and puts what has another value in. Returns whether all is as it should be. */
function* takeOff(
  leftovers: Leftovers,
  found: FoundElements,
  elements: Iterable<Element>,
): Cooperative<boolean> {
  let isThere = true;
  let count = 0;
  for (const element of elements) {
    if (isFound(found, element)) takeLeftover(leftovers, element);
    else {
      isThere = false;
      if (found.get(element.set)?.has(element.key)) addLeftover(leftovers, element.set, element.key);
    }
    if (++count % YIELD_EVERY === 0) yield;
  }
  return isThere;
}

function* missingFrom(found: FoundElements, elements: Iterable<Element>): Generator<Element> {
  for (const element of elements) if (!isFound(found, element)) yield element;
}

function isFound(found: FoundElements, element: Element): boolean {
  return found.get(element.set)?.get(element.key) === contentOf(element);
}
