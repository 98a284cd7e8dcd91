// From a change of the plan to the layouts of the changed service ports. Pure. Elements, chains and what Services share follow from
// the layouts, in diff.
import type { ServicePortKey } from '../../model/names.ts';
import type { PlanChange, ServicePlan } from '../../plan/plan.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import { foundHistory } from './found-elements.ts';
import { historyOf, layOut, NO_HISTORY, type ServiceLayout, type SlotHistory } from './layout.ts';
import type { NftablesDesired, NftablesState } from './state.ts';

/** The first change must have the global plan. */
export function* render(change: PlanChange, state: NftablesState): Cooperative<NftablesDesired> {
  const global = change.global ?? state.global;
  if (!global) throw new Error('the first change of the plan has no global plan');
  const services = new Map<ServicePortKey, ServiceLayout | undefined>();
  for (const [key, plan] of change.services) {
    services.set(key, plan && layOut(plan, slotHistory(plan, change, state)));
    yield;
  }
  return { global, services };
}

/** As committed; after a restart as the kernel has it. */
function slotHistory(
  plan: ServicePlan,
  { family }: PlanChange,
  { services, found }: NftablesState,
): SlotHistory {
  const before = services.get(plan.key);
  if (before) return historyOf(before);
  return found ? foundHistory(found, plan, family) : NO_HISTORY;
}
