// What a read saw of our elements, asked by frontend.
import type { IpFamily } from '../../model/ip.ts';
import type { ServicePlan } from '../../plan/plan.ts';
import type { Packed } from './element.ts';
import { packFrontend, sharedEndpoints } from './frontend-use.ts';
import type { SlotHistory } from './layout.ts';
import { pack, packSlot } from './packed.ts';
import { FIRST_LOCAL_SLOT, type SetName } from './schema.ts';
import type { FoundElements } from './state.ts';

/** Which endpoint has which slot: as the first frontend that has any of the kind shows, because all have the same. */
export function foundHistory(found: FoundElements, plan: ServicePlan, family: IpFamily): SlotHistory {
  const history: Record<keyof SlotHistory, readonly Packed[]> = { cluster: [], local: [] };
  for (const frontend of plan.frontends) {
    const key = packFrontend(frontend, family);
    const shown = [[sharedEndpoints(plan, frontend), 0] as const, ['local', FIRST_LOCAL_SLOT] as const];
    for (const [kind, firstSlot] of shown) {
      if (history[kind].length > 0) continue;
      history[kind] = Array.from(slotsFrom(found, key, firstSlot), ([, endpoint]) => endpoint);
    }
  }
  return history;
}

/** All there is under the frontend, without its sources and clients. */
export function* foundUnder(found: FoundElements, frontend: Packed): Generator<readonly [SetName, Packed]> {
  for (const [set, elements] of found) {
    if (elements.has(frontend)) yield [set, frontend];
  }
  for (const firstSlot of [0, FIRST_LOCAL_SLOT]) {
    for (const [key] of slotsFrom(found, frontend, firstSlot)) yield ['endpoints', key];
  }
}

/** Slots have no holes. */
function* slotsFrom(
  found: FoundElements,
  frontend: Packed,
  firstSlot: number,
): Generator<readonly [key: Packed, endpoint: Packed]> {
  const endpoints = found.get('endpoints');
  for (let slot = firstSlot; ; slot++) {
    const key = pack(frontend, packSlot(slot));
    const endpoint = endpoints?.get(key);
    if (endpoint === undefined) return;
    yield [key, endpoint as Packed];
  }
}
