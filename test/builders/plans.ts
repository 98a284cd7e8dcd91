// Inputs of the planner for tests, and the shortest ways from records to a plan.
import { EndpointSliceCache } from '../../src/model/endpoint-slice-cache.ts';
import type { Ip, IpFamily } from '../../src/model/ip.ts';
import { type ObjectKey, objectKey, type ServicePortKey } from '../../src/model/names.ts';
import type { EndpointSliceRecord, ServiceRecord } from '../../src/model/records.ts';
import type { GlobalInputs } from '../../src/plan/global-plan.ts';
import type { NodeView, PlanConfig } from '../../src/plan/plan-config.ts';
import { commitPlan, type PlanState } from '../../src/plan/plan-state.ts';
import { type PlanInputs, planChanges } from '../../src/plan/planner.ts';
import { runToEnd } from '../../src/util/cooperate.ts';
import { cidr, ip } from './records.ts';

/** kube-proxy's defaults, with pods in 10.244.0.0/16 and fd00:10:244::/48. */
export function aPlanConfig(fields: Partial<PlanConfig> = {}): PlanConfig {
  return {
    masqueradeBit: 14,
    masqueradeAll: false,
    detectLocalMode: 'ClusterCIDR',
    clusterCidrs: [cidr('10.244.0.0/16'), cidr('fd00:10:244::/48')],
    bridgeInterface: '',
    interfaceNamePrefix: '',
    nodePortAddresses: [],
    localhostNodePorts: true,
    ...fields,
  };
}

/** node-1 in zone-a at 192.0.2.11 and 2001:db8:2::11. */
export function aNode(fields: Partial<NodeView> = {}): NodeView {
  return {
    name: 'node-1',
    zone: 'zone-a',
    podCidrs: [cidr('10.244.1.0/24'), cidr('fd00:10:244:1::/64')],
    primaryIps: { IPv4: ip('192.0.2.11'), IPv6: ip('2001:db8:2::11') },
    addresses: ['127.0.0.1', '::1', '192.0.2.11', '2001:db8:2::11', '10.244.1.254'].map(ip),
    ...fields,
  };
}

export interface Cluster extends Omit<GlobalInputs, 'family'> {
  readonly services: readonly ServiceRecord[];
  readonly slices: readonly EndpointSliceRecord[];
}

export function aCluster(fields: Partial<Cluster> = {}): Cluster {
  return {
    config: aPlanConfig(),
    node: aNode(),
    serviceCidrs: [cidr('10.96.0.0/12'), cidr('fd00:10:96::/112')],
    services: [],
    slices: [],
    ...fields,
  };
}

/** Everything counts as changed unless a test says what did. */
export function planInputs(
  cluster: Cluster,
  fields: Partial<Omit<PlanInputs, keyof Cluster>> = {},
): PlanInputs {
  const services = new Map(cluster.services.map((service) => [keyOf(service), service]));
  const serviceKeys = cluster.slices.map(({ namespace, serviceName }) => objectKey(namespace, serviceName));
  return {
    ...cluster,
    family: 'IPv4',
    services,
    endpoints: sliceCache(cluster.slices),
    isGlobal: true,
    changedServices: new Set([...services.keys(), ...serviceKeys]),
    touchedServices: [],
    setAside: new Set<ServicePortKey>(),
    ...fields,
  };
}

/** Plans and commits all of the cluster in one step. */
export function planFromNothing(cluster: Cluster, family: IpFamily = 'IPv4'): PlanState {
  return commitPlan(undefined, runToEnd(planChanges(undefined, planInputs(cluster, { family }))));
}

export function sliceCache(slices: readonly EndpointSliceRecord[]): EndpointSliceCache {
  const cache = new EndpointSliceCache({ startedAtMs: 0 });
  for (const record of slices) cache.handle({ kind: 'put', record });
  runToEnd(cache.takeChanges());
  return cache;
}

export function keyOf({ namespace, name }: { namespace: string; name: string }): ObjectKey {
  return objectKey(namespace, name);
}

export function addressesOf(endpoints: readonly { readonly ip: Ip }[]): string[] {
  return endpoints.map(({ ip }) => ip);
}
