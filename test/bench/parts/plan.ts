// The plan of a population, made from nothing as the first sync makes it.
import { commitPlan, type PlanState } from '../../../src/plan/plan-state.ts';
import { planChanges } from '../../../src/plan/planner.ts';
import type { ModelState } from '../../../src/sync/model-state.ts';
import type { PendingChanges } from '../../../src/sync/pending-changes.ts';
import { planInputsOf } from '../../../src/sync/plan-inputs.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';
import type { PopulationRecords } from '../populations/records.ts';
import { modelOf } from './ours.ts';
import { PLAN_SETTINGS } from './plan-settings.ts';

export function planOf(records: PopulationRecords): PlanState {
  const model = modelOf(records);
  return commitPlan(undefined, planStep(model, undefined, model.takeChanges('IPv4')));
}

export function planStep(model: ModelState, previous: PlanState | undefined, changes: PendingChanges) {
  const inputs = { ...planInputsOf(model, 'IPv4', PLAN_SETTINGS, changes), setAside: new Set<never>() };
  return runToEnd(planChanges(previous, inputs));
}
