// A plan that follows a cluster step by step, as sync commits it.
import type { IpFamily } from '../../src/model/ip.ts';
import type { ObjectKey } from '../../src/model/names.ts';
import type { PlanChange } from '../../src/plan/plan.ts';
import { commitPlan, type PlanState } from '../../src/plan/plan-state.ts';
import { planChanges } from '../../src/plan/planner.ts';
import { runToEnd } from '../../src/util/cooperate.ts';
import { type Cluster, planInputs } from './plans.ts';

export class PlanFollower {
  readonly #family: IpFamily;
  #plan: PlanState | undefined;
  #services: ReadonlySet<ObjectKey> = new Set();

  constructor(family: IpFamily = 'IPv4') {
    this.#family = family;
  }

  get plan(): PlanState | undefined {
    return this.#plan;
  }

  /** Commits the cluster as it is now and returns what that changed. */
  follow(cluster: Cluster): PlanChange {
    const inputs = planInputs(cluster, { family: this.#family });
    const services = new Set(inputs.services.keys());
    const changedServices = this.#services.union(services);
    const step = runToEnd(planChanges(this.#plan, { ...inputs, changedServices }));
    this.#services = services;
    this.#plan = commitPlan(this.#plan, step);
    return step.change;
  }
}
