// The committed plan of a family with the indexes that make the next step cheap, and how a step is committed. The sync loop
// owns the state; nobody else changes it.
import type { ObjectKey, ServicePortKey } from '../model/names.ts';
import type { ObjectVersion } from '../model/records.ts';
import type { Claimant, FrontendKey } from './frontend-claims.ts';
import type { GlobalPlan, PlanChange, ProxyPlan, ServicePlan } from './plan.ts';
import type { ServiceContext } from './service-plan.ts';

export interface PlanState extends ProxyPlan {
  readonly services: Map<ServicePortKey, ServicePlan>;
  readonly claims: Map<FrontendKey, readonly Claimant[]>;
  readonly portsByService: Map<ObjectKey, readonly ServicePortKey[]>;
  /** What of the node the services were planned with. */
  readonly context: ServiceContext;
}

/** One step from a state to the next: render `change`, then commit the step or forget it. */
export interface PlanStep {
  readonly change: PlanChange;
  readonly global: GlobalPlan;
  readonly context: ServiceContext;
  /** The frontends whose claimants changed; an empty list: nobody wants it any more. */
  readonly claims: ReadonlyMap<FrontendKey, readonly Claimant[]>;
  /** An empty list: the Service has no port in this family. */
  readonly portsByService: ReadonlyMap<ObjectKey, readonly ServicePortKey[]>;
  /** Service ports that are as they were, but of a newer version of their Service. */
  readonly versions: ReadonlyMap<ServicePortKey, ObjectVersion>;
}

/**
 * The state after the step, at a cost that depends on the step alone: the storage of `state` is used again, so `state` must
 * not be used afterwards. undefined: nothing was planned before.
 */
export function commitPlan(state: PlanState | undefined, step: PlanStep): PlanState {
  const { change, global, context } = step;
  const { services, claims, portsByService } = state ?? emptyMaps();
  for (const [key, plan] of change.services) setOrDelete(services, key, plan);
  for (const [key, claimants] of step.claims) setOrDelete(claims, key, unlessEmpty(claimants));
  for (const [key, ports] of step.portsByService) setOrDelete(portsByService, key, unlessEmpty(ports));
  for (const [key, version] of step.versions) {
    const plan = services.get(key);
    if (plan) services.set(key, { ...plan, version });
  }
  return { family: change.family, global, context, services, claims, portsByService };
}

function emptyMaps(): Pick<PlanState, 'services' | 'claims' | 'portsByService'> {
  return { services: new Map(), claims: new Map(), portsByService: new Map() };
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}
