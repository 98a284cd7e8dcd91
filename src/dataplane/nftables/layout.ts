// What one service port has in the kernel: its plan, and which endpoint has which slot. Small, because it refers to the plan's own
// objects: elements.ts makes all elements from it again whenever they are needed.
import type { PlannedEndpoint, ServicePlan } from '../../plan/plan.ts';

export interface ServiceLayout {
  readonly plan: ServicePlan;
  /** What the Cluster policy selects, by slot, without holes. */
  readonly cluster: readonly PlannedEndpoint[];
  /** What the Local policy selects; in the kernel these are from FIRST_LOCAL_SLOT on. */
  readonly local: readonly PlannedEndpoint[];
}
