// What the outside is told of a family's committed plan, kept up to date at the cost of each step.
import { isDeepStrictEqual } from 'node:util';
import { type ObjectKey, type ServicePortKey, serviceOfPort } from '../model/names.ts';
import type { ServicePlan } from '../plan/plan.ts';
import type { PlanState } from '../plan/plan-state.ts';
import type { FamilyStatus, HealthCheck, HealthChecks } from '../status/snapshot.ts';
import { type Cooperative, filterItems } from '../util/cooperate.ts';

export class PlanDigest {
  readonly #nodeName: string;
  readonly #withoutLocal = { internal: new Set<ServicePortKey>(), external: new Set<ServicePortKey>() };
  readonly #healthChecks = new Map<ObjectKey, HealthCheck>();
  /** The same object until something changes, so that servers need not look for changes. */
  #healthChecksView: HealthChecks = { ips: undefined, services: [] };

  constructor({ nodeName }: { readonly nodeName: string }) {
    this.#nodeName = nodeName;
  }

  /** Takes in the service ports that a step of the plan changed. Interruptible between Services. */
  *update(plan: PlanState, changed: Iterable<ServicePortKey>): Cooperative<void> {
    const services = new Set<ObjectKey>();
    for (const key of changed) {
      this.#noteLocalEndpoints(key, plan.services.get(key));
      services.add(serviceOfPort(key));
      yield;
    }
    const { nodePortAddresses } = plan.global;
    const ips = nodePortAddresses.kind === 'only' ? nodePortAddresses.ips : undefined;
    const newChecks = yield* filterItems(services, (service) => this.#noteHealthCheck(service, plan));
    const hasNewChecks = newChecks.length > 0;
    if (hasNewChecks || !isDeepStrictEqual(ips, this.#healthChecksView.ips))
      this.#healthChecksView = { ips, services: [...this.#healthChecks.values()] };
  }

  view(): Pick<FamilyStatus, 'withoutLocalEndpoints' | 'healthChecks'> {
    const { internal, external } = this.#withoutLocal;
    return {
      withoutLocalEndpoints: { internal: internal.size, external: external.size },
      healthChecks: this.#healthChecksView,
    };
  }

  #noteLocalEndpoints(key: ServicePortKey, plan: ServicePlan | undefined): void {
    for (const side of ['internal', 'external'] as const) {
      // A policy that no frontend uses may have the verdict too.
      if (plan?.[side].policy === 'Local' && plan[side].verdict === 'drop') this.#withoutLocal[side].add(key);
      else this.#withoutLocal[side].delete(key);
    }
  }

  /** Whether it changed. */
  #noteHealthCheck(service: ObjectKey, plan: PlanState): boolean {
    const check = this.#healthCheckOf(service, plan);
    const hasChanged = !isDeepStrictEqual(check, this.#healthChecks.get(service));
    if (check) this.#healthChecks.set(service, check);
    else this.#healthChecks.delete(service);
    return hasChanged;
  }

  #healthCheckOf(service: ObjectKey, { portsByService, services }: PlanState): HealthCheck | undefined {
    const plans = (portsByService.get(service) ?? []).flatMap((key) => services.get(key) ?? []);
    const port = plans.find(({ healthCheckNodePort }) => healthCheckNodePort !== 0)?.healthCheckNodePort;
    return port === undefined ? undefined : { service, port, localEndpoints: this.#countLocal(plans) };
  }

  /** LocalReadyEndpoints in pkg/proxy/endpointschangetracker.go. */
  #countLocal(plans: readonly ServicePlan[]): number {
    const local = plans
      .flatMap(({ allEndpoints }) => allEndpoints)
      .filter(({ record }) => record.ready && record.nodeName === this.#nodeName);
    return new Set(local.map(({ ip }) => ip)).size;
  }
}
