// Which endpoint has which slot. Endpoints keep theirs as long as they can, so that a change of a few endpoints is a change of a few
// elements.
import type { PlannedEndpoint } from '../../plan/plan.ts';
import { compactArray } from '../../util/compact-array.ts';
import type { Packed } from './element.ts';
import { pack, packIp, packPort } from './packed.ts';
import { FIRST_LOCAL_SLOT } from './schema.ts';

/** Those for clients outside, under the external policy Local, begin where the others end. */
const MAX_SLOTS = FIRST_LOCAL_SLOT;

/** The address and port of an endpoint, as `endpoints` maps to it. */
export function packEndpoint({ ip, port }: PlannedEndpoint): Packed {
  return pack(packIp(ip), packPort(port));
}

/**
 * The wanted endpoints by slot, without holes. Who had a slot keeps it; newcomers take the places of those who left, then new ones;
 * a place that stays free is taken by the last. What is beyond the last possible slot is left out.
 */
export function allocateSlots(
  previous: readonly Packed[],
  wanted: readonly PlannedEndpoint[],
): readonly PlannedEndpoint[] {
  if (previous.length === 0 && wanted.length <= MAX_SLOTS) return wanted;
  const newcomers = new Map(wanted.map((endpoint) => [packEndpoint(endpoint), endpoint]));
  const slots = previous.map((endpoint) => take(newcomers, endpoint));
  fillHoles(slots, newcomers);
  const filled = slots.filter((endpoint) => endpoint !== undefined);
  for (const endpoint of newcomers.values()) {
    if (filled.length === MAX_SLOTS) break;
    filled.push(endpoint);
  }
  // Mostly the plan's own list, which then needs no copy.
  return isSameList(filled, wanted) ? wanted : compactArray(filled);
}

function take<K, V>(map: Map<K, V>, key: K): V | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}

/** Afterwards holes are at the end only. */
function fillHoles(slots: (PlannedEndpoint | undefined)[], newcomers: Map<Packed, PlannedEndpoint>): void {
  for (let slot = 0; slot < slots.length; slot++) {
    if (slots[slot]) continue;
    const [newcomer] = newcomers.keys();
    slots[slot] = newcomer === undefined ? popLast(slots, slot) : take(newcomers, newcomer);
  }
}

/** Takes the last endpoint behind the slot, and the holes after it. */
function popLast(slots: (PlannedEndpoint | undefined)[], slot: number): PlannedEndpoint | undefined {
  while (slots.length > slot + 1) {
    const last = slots.pop();
    if (last) return last;
  }
  return undefined;
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
