// The rules that kube-proxy's iptables mode writes, made from the same plan as ours: what all ratios compare with. The shape
// is that of syncProxyRules in pkg/proxy/iptables/proxier.go, 1.36, and is held against recordings of the real one by
// test/unit/bench/kube-proxy-rules.test.ts.
import type { ServicePortKey } from '../../../src/model/names.ts';
import type { GlobalPlan, ProxyPlan } from '../../../src/plan/plan.ts';
import type { BaselineChain } from './chain.ts';
import { kubeProxyUse } from './kube-proxy-use.ts';
import { serviceChains } from './service-chains.ts';
import { topLevelChains } from './top-level-chains.ts';

export interface KubeProxyRules {
  /** Rewritten in every sync. */
  readonly filter: readonly BaselineChain[];
  /** Rewritten in every sync. */
  readonly nat: readonly BaselineChain[];
  /** In nat, rewritten when the Service changed and in full syncs. */
  readonly services: ReadonlyMap<ServicePortKey, readonly BaselineChain[]>;
}

/** Above so many endpoints kube-proxy leaves out the comments of single endpoints (largeClusterEndpointsThreshold). */
const LARGE_CLUSTER_ENDPOINTS = 1_000;

export function kubeProxyRules(plan: ProxyPlan): KubeProxyRules {
  const uses = [...plan.services.values()].map(kubeProxyUse);
  const context = baselineContext(plan);
  return {
    ...topLevelChains(context, uses),
    services: new Map(uses.map((use) => [use.plan.key, serviceChains(context, use)])),
  };
}

/** The chains of one service port of the plan. */
export function kubeProxyChainsOf(plan: ProxyPlan, key: ServicePortKey): readonly BaselineChain[] {
  const service = plan.services.get(key);
  return service ? serviceChains(baselineContext(plan), kubeProxyUse(service)) : [];
}

export interface BaselineContext extends Pick<ProxyPlan, 'family'> {
  readonly global: GlobalPlan;
  readonly isLargeCluster: boolean;
}

function baselineContext({ global, family, services }: ProxyPlan): BaselineContext {
  const endpointCount = services.values().reduce((sum, { allEndpoints }) => sum + allEndpoints.length, 0);
  return { global, family, isLargeCluster: endpointCount > LARGE_CLUSTER_ENDPOINTS };
}
