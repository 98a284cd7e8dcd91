// What one service port has in the kernel: its plan, and which endpoint has which slot. Small, because it refers to the plan's own
// objects: elements.ts makes all elements from it again whenever they are needed.
import type { ServicePortKey } from '../../model/names.ts';
import type { PlannedEndpoint, ServicePlan } from '../../plan/plan.ts';
import type { Packed } from './element.ts';
import { allocateSlots, packEndpoint } from './slots.ts';

export interface ServiceLayout {
  readonly plan: ServicePlan;
  /** What the Cluster policy selects, by slot, without holes. */
  readonly cluster: readonly PlannedEndpoint[];
  /** What the Local policy selects, in the same way. */
  readonly local: readonly PlannedEndpoint[];
}

/** What takes the place of what; undefined: nothing. */
export interface LayoutChange {
  readonly before: ServiceLayout | undefined;
  readonly after: ServiceLayout | undefined;
}

export type LayoutChanges = ReadonlyMap<ServicePortKey, LayoutChange>;

/** Who had which slot, as far as it is known. */
export interface SlotHistory {
  readonly cluster: readonly Packed[];
  readonly local: readonly Packed[];
}

export const NO_HISTORY: SlotHistory = { cluster: [], local: [] };

export function layOut(plan: ServicePlan, history: SlotHistory): ServiceLayout {
  return {
    plan,
    cluster: allocateSlots(history.cluster, plan.clusterEndpoints),
    local: allocateSlots(history.local, plan.localEndpoints),
  };
}

export function historyOf({ cluster, local }: ServiceLayout): SlotHistory {
  return { cluster: cluster.map(packEndpoint), local: local.map(packEndpoint) };
}
