// The elements that a change deletes and adds, made while they are written: of a first load of 100,000 never more than a part is there
// at once.
import type { ServicePortKey } from '../../model/names.ts';
import type { Element, OwnedElements } from './element.ts';

/** Makes the elements again at each call. */
export type ElementSource = () => Iterable<Element>;

export const NO_ELEMENTS: ElementSource = () => [];

/** Of one endpoint that takes the place of another there are two. */
const FEW = 4;

/** Most changes are of very few elements, and these are asked for several times: they are made once. */
export function keepingFew(source: ElementSource): ElementSource {
  const few: Element[] = [];
  for (const element of source()) {
    if (few.push(element) > FEW) return source;
  }
  return () => few;
}

export interface ElementChange {
  /** undefined: of several Services, or of none. */
  readonly owner: ServicePortKey | undefined;
  readonly deletes: ElementSource;
  readonly adds: ElementSource;
}

const ELEMENTS_IN_A_PART = 1_000;

/** All deletes come before the first add: a key may go from one Service to another. Removed sets take their elements with them. */
export function inOrder(
  changes: readonly ElementChange[],
  removedSets: ReadonlySet<string>,
): Iterable<OwnedElements> {
  return {
    *[Symbol.iterator]() {
      for (const { owner, deletes } of changes) {
        const kept = Iterator.from(deletes()).filter(({ set }) => !removedSets.has(set));
        for (const part of inParts(kept)) yield { owner, deletes: part, adds: [] };
      }
      for (const { owner, adds } of changes) {
        for (const part of inParts(adds())) yield { owner, deletes: [], adds: part };
      }
    },
  };
}

export function isNothing({ deletes, adds }: ElementChange): boolean {
  return isEmpty(deletes()) && isEmpty(adds());
}

function isEmpty(elements: Iterable<Element>): boolean {
  for (const _ of elements) return false;
  return true;
}

function* inParts(elements: Iterable<Element>): Generator<Element[]> {
  let part: Element[] = [];
  for (const element of elements) {
    part.push(element);
    if (part.length < ELEMENTS_IN_A_PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
