// All elements of a service port, and those that one layout of it has beyond another. Nothing is kept: they are made whenever they are
// needed.
import type { IpFamily } from '../../model/ip.ts';
import type { PlannedEndpoint, ServicePlan } from '../../plan/plan.ts';
import { disjointRanges } from './disjoint-ranges.ts';
import type { Element, Packed } from './element.ts';
import { elementComment } from './element-comment.ts';
import { contentOf } from './element-content.ts';
import { type FrontendUse, frontendUses } from './frontend-use.ts';
import type { ServiceLayout } from './layout.ts';
import { pack, packSlot } from './packed.ts';
import { FIRST_LOCAL_SLOT } from './schema.ts';
import { packEndpoint } from './slots.ts';

export function elementsOf(layout: ServiceLayout, family: IpFamily): Generator<Element> {
  return elementsBeyond(layout, undefined, family);
}

/**
 * The elements of a layout that the other one does not have, or has with another value. Endpoints are compared slot by slot, so that
 * one that changed among a thousand makes one element.
 */
export function* elementsBeyond(
  layout: ServiceLayout | undefined,
  other: ServiceLayout | undefined,
  family: IpFamily,
): Generator<Element> {
  if (!layout) return;
  const uses = frontendUses(layout, family);
  const otherUses = other ? frontendUses(other, family) : [];
  yield* frontendElementsBeyond(layout, uses, other && frontendElements(other, otherUses));
  for (const use of uses) {
    const otherUse = otherUses.find(({ key }) => key === use.key);
    const [slots, others] = [use.localEndpoints, otherUse?.localEndpoints];
    yield* slotsBeyond(use.key, { slots: use.endpoints, others: otherUse?.endpoints, firstSlot: 0 });
    yield* slotsBeyond(use.key, { slots, others, firstSlot: FIRST_LOCAL_SLOT });
  }
}

/** How many elements the layout has. */
export function countElements(layout: ServiceLayout | undefined, family: IpFamily): number {
  if (!layout) return 0;
  const ranges = disjointRanges(layout.plan.allowedSources ?? []).length;
  return frontendUses(layout, family).reduce((sum, use) => {
    const { ends, treatments, endpoints, localEndpoints, isRestricted } = use;
    const own = ends.length + treatments.length + endpoints.length + localEndpoints.length;
    return sum + own + (isRestricted ? ranges : 0);
  }, 0);
}

function* frontendElementsBeyond(
  layout: ServiceLayout,
  uses: readonly FrontendUse[],
  others: Iterable<Element> | undefined,
): Generator<Element> {
  if (!others) return yield* frontendElements(layout, uses);
  const known = new Map<string, string>();
  for (const element of others) known.set(`${element.set} ${element.key}`, contentOf(element));
  for (const element of frontendElements(layout, uses)) {
    if (known.get(`${element.set} ${element.key}`) !== contentOf(element)) yield element;
  }
}

/** Everything but the endpoints: a few for each frontend. */
function* frontendElements({ plan }: ServiceLayout, uses: readonly FrontendUse[]): Generator<Element> {
  const comment = elementComment(plan.name);
  for (const { key, ends, treatments, isRestricted } of uses) {
    for (const set of ends) yield { set, key, comment };
    for (const set of treatments) yield { set, key };
    if (isRestricted) yield* allowedSources(key, plan);
  }
}

function* allowedSources(frontend: Packed, { allowedSources = [] }: ServicePlan): Generator<Element> {
  for (const { first, last } of disjointRanges(allowedSources)) {
    yield { set: 'allowed-sources', key: pack(frontend, first), keyEnd: pack(frontend, last) };
  }
}

interface SlotComparison {
  readonly slots: readonly PlannedEndpoint[];
  readonly others: readonly PlannedEndpoint[] | undefined;
  readonly firstSlot: number;
}

function* slotsBeyond(key: Packed, { slots, others, firstSlot }: SlotComparison): Generator<Element> {
  for (const [slot, endpoint] of slots.entries()) {
    const other = others?.[slot];
    if (other && other.ip === endpoint.ip && other.port === endpoint.port) continue;
    yield { set: 'endpoints', key: pack(key, packSlot(firstSlot + slot)), value: packEndpoint(endpoint) };
  }
}
