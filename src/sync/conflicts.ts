// Which Services lose an address and port with a step of the plan that they had, or had not asked for, before.
import { conflictsOf, frontendKey } from '../plan/frontend-claims.ts';
import type { FrontendConflict, ServicePlan } from '../plan/plan.ts';
import type { PlanState, PlanStep } from '../plan/plan-state.ts';
import type { Cooperative } from '../util/cooperate.ts';

/** The conflicts that `step` adds to those that are known. Interruptible between Services. */
export function* newConflicts(
  previous: PlanState | undefined,
  step: PlanStep,
): Cooperative<FrontendConflict[]> {
  const conflicts: FrontendConflict[] = [];
  for (const [key, plan] of step.change.services) {
    if (plan) conflicts.push(...conflictsBeyond(plan, previous?.services.get(key)));
    yield;
  }
  return conflicts;
}

function conflictsBeyond(plan: ServicePlan, previous: ServicePlan | undefined): FrontendConflict[] {
  const known = knownConflicts(previous);
  return conflictsOf(plan).filter((conflict) => !known.has(textOf(conflict)));
}

function knownConflicts(plan: ServicePlan | undefined): ReadonlySet<string> {
  return new Set(plan ? conflictsOf(plan).map(textOf) : []);
}

function textOf({ frontend, winner }: FrontendConflict): string {
  return `${frontendKey(frontend)} ${winner}`;
}
