// Which Services lose an address and port with a step of the plan that they had, or had not asked for, before.
import { conflictsOf, frontendKey } from '../plan/frontend-claims.ts';
import type { FrontendConflict, ServicePlan } from '../plan/plan.ts';
import type { PlanState, PlanStep } from '../plan/plan-state.ts';

/** The conflicts that `step` adds to those that are known. */
export function newConflicts(previous: PlanState | undefined, step: PlanStep): FrontendConflict[] {
  return Array.from(step.change.services).flatMap(([key, plan]) => {
    if (!plan) return [];
    const known = knownConflicts(previous?.services.get(key));
    return conflictsOf(plan).filter((conflict) => !known.has(textOf(conflict)));
  });
}

function knownConflicts(plan: ServicePlan | undefined): ReadonlySet<string> {
  return new Set(plan ? conflictsOf(plan).map(textOf) : []);
}

function textOf({ frontend, winner }: FrontendConflict): string {
  return `${frontendKey(frontend)} ${winner}`;
}
