// What changed in the model and is not committed yet, for one family.
import type { ObjectKey } from '../model/names.ts';

export interface PendingChanges {
  /** Services whose own record or endpoints changed. */
  readonly services: ReadonlySet<ObjectKey>;
  /** Services of which only metadata changed. */
  readonly touchedServices: ReadonlySet<ObjectKey>;
  /** The node, its addresses or the ServiceCIDRs changed: all Services are planned anew. */
  readonly isGlobal: boolean;
  /** When the oldest of them arrived; undefined when there is none. */
  readonly sinceMs: number | undefined;
  /** When what led to them happened, where EndpointSlices say it: the start of the network programming latency. */
  readonly triggerTimesMs: readonly number[];
}

export const NO_CHANGES: PendingChanges = {
  services: new Set(),
  touchedServices: new Set(),
  isGlobal: false,
  sinceMs: undefined,
  triggerTimesMs: [],
};

export function mergeChanges(older: PendingChanges, newer: PendingChanges): PendingChanges {
  if (older === NO_CHANGES) return newer;
  // What one family takes is mostly nothing to the other, which may not have asked for long: its sets are not copied each time.
  if (!hasChanges(newer) && newer.touchedServices.size === 0) return older;
  return {
    services: older.services.union(newer.services),
    touchedServices: older.touchedServices.union(newer.touchedServices),
    isGlobal: older.isGlobal || newer.isGlobal,
    sinceMs: older.sinceMs ?? newer.sinceMs,
    triggerTimesMs: [...older.triggerTimesMs, ...newer.triggerTimesMs],
  };
}

/** Something is to be planned. Metadata alone is not: it waits for the next change. */
export function hasChanges({ services, isGlobal }: PendingChanges): boolean {
  return isGlobal || services.size > 0;
}
