// The table that kube-proxy's nftables mode makes, from the same plan as ours: what all ratios of that mode compare with. Held against
// a recording of the real one by test/unit/bench/kube-proxy-table.test.ts.
import type { ServicePortKey } from '../../../../src/model/names.ts';
import type { ProxyPlan } from '../../../../src/plan/plan.ts';
import { serviceObjects } from './service-objects.ts';
import { skeleton } from './skeleton.ts';
import type { BaselineObjects } from './table.ts';

export interface KubeProxyTable extends Pick<ProxyPlan, 'family'> {
  /** Rewritten in full syncs. */
  readonly skeleton: BaselineObjects;
  /** Rewritten when the Service changed and in full syncs. */
  readonly services: ReadonlyMap<ServicePortKey, BaselineObjects>;
}

export function kubeProxyTable(plan: ProxyPlan): KubeProxyTable {
  const services = Array.from(
    plan.services,
    ([key, service]) => [key, serviceObjects(plan, service)] as const,
  );
  return { family: plan.family, skeleton: skeleton(plan), services: new Map(services) };
}

export const NOTHING: BaselineObjects = { sets: [], chains: [], elements: [] };

/** What it makes for one service port of the plan; nothing when that is gone. */
export function kubeProxyObjectsOf(plan: ProxyPlan, key: ServicePortKey): BaselineObjects {
  const service = plan.services.get(key);
  return service ? serviceObjects(plan, service) : NOTHING;
}

/** All in one. Ports of a Service share their ClusterIP. */
export function joined(parts: readonly BaselineObjects[]): BaselineObjects {
  return {
    sets: parts.flatMap(({ sets }) => sets),
    chains: parts.flatMap(({ chains }) => chains),
    elements: parts.flatMap(({ elements }) => elements),
  };
}
