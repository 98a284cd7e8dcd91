// What the outside is told of a family's committed plan, kept up to date at the cost of each step.
import type { Ip } from '../model/ip.ts';
import { type ObjectKey, type ServicePortKey, serviceOfPort } from '../model/names.ts';
import type { ServicePlan } from '../plan/plan.ts';
import type { PlanState } from '../plan/plan-state.ts';
import type { FamilyStatus, HealthCheck } from '../status/snapshot.ts';

export class PlanDigest {
  readonly #nodeName: string;
  readonly #withoutLocal = { internal: new Set<ServicePortKey>(), external: new Set<ServicePortKey>() };
  readonly #healthChecks = new Map<ObjectKey, HealthCheck>();
  #healthCheckIps: readonly Ip[] | undefined;

  constructor({ nodeName }: { readonly nodeName: string }) {
    this.#nodeName = nodeName;
  }

  /** Takes in the service ports that a step of the plan changed. */
  update(plan: PlanState, changed: Iterable<ServicePortKey>): void {
    const services = new Set<ObjectKey>();
    for (const key of changed) {
      this.#noteLocalEndpoints(key, plan.services.get(key));
      services.add(serviceOfPort(key));
    }
    for (const service of services) this.#noteHealthCheck(service, plan);
    const { nodePortAddresses } = plan.global;
    this.#healthCheckIps = nodePortAddresses.kind === 'only' ? nodePortAddresses.ips : undefined;
  }

  view(): Pick<FamilyStatus, 'withoutLocalEndpoints' | 'healthChecks'> {
    const { internal, external } = this.#withoutLocal;
    return {
      withoutLocalEndpoints: { internal: internal.size, external: external.size },
      healthChecks: { ips: this.#healthCheckIps, services: [...this.#healthChecks.values()] },
    };
  }

  #noteLocalEndpoints(key: ServicePortKey, plan: ServicePlan | undefined): void {
    for (const side of ['internal', 'external'] as const) {
      // A policy that no frontend uses may have the verdict too.
      if (plan?.[side].policy === 'Local' && plan[side].verdict === 'drop') this.#withoutLocal[side].add(key);
      else this.#withoutLocal[side].delete(key);
    }
  }

  #noteHealthCheck(service: ObjectKey, { portsByService, services }: PlanState): void {
    const plans = (portsByService.get(service) ?? []).flatMap((key) => services.get(key) ?? []);
    const port = plans.find(({ healthCheckNodePort }) => healthCheckNodePort !== 0)?.healthCheckNodePort;
    if (port === undefined) this.#healthChecks.delete(service);
    else this.#healthChecks.set(service, { service, port, localEndpoints: this.#countLocal(plans) });
  }

  /** LocalReadyEndpoints in pkg/proxy/endpointschangetracker.go. */
  #countLocal(plans: readonly ServicePlan[]): number {
    const local = plans
      .flatMap(({ allEndpoints }) => allEndpoints)
      .filter(({ record }) => record.ready && record.nodeName === this.#nodeName);
    return new Set(local.map(({ ip }) => ip)).size;
  }
}
