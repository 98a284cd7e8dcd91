// The plan of a population, made from nothing as the first sync makes it.
import { commitPlan, type PlanState, type PlanStep } from '../../../src/plan/plan-state.ts';
import { planChanges } from '../../../src/plan/planner.ts';
import type { ModelState } from '../../../src/sync/model-state.ts';
import { planInputsOf } from '../../../src/sync/plan-inputs.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';
import type { PopulationRecords } from '../populations/records.ts';
import type { BenchMode } from './mode.ts';
import { modelOf } from './model.ts';
import { planSettingsOf } from './plan-settings.ts';

export function planOf(records: PopulationRecords, mode: BenchMode): PlanState {
  return commitPlan(undefined, planStep({ model: modelOf(records), mode, previous: undefined }));
}

export interface PlanStepSpec {
  readonly model: ModelState;
  readonly mode: BenchMode;
  readonly previous: PlanState | undefined;
}

/** Takes what has changed in the model, and plans it. */
export function planStep({ model, mode, previous }: PlanStepSpec): PlanStep {
  const changes = runToEnd(model.takeChanges('IPv4'));
  const inputs = planInputsOf(model, 'IPv4', planSettingsOf(mode), changes);
  return runToEnd(planChanges(previous, { ...inputs, setAside: new Set<never>() }));
}
