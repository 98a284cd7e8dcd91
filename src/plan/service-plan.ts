// The plan of one service port: a pure function of the Service, its endpoints and where this node is.
import type { EndpointInfo } from '../model/endpoint-info.ts';
import { type Cidr, cidrContains, hostCidr, type Ip } from '../model/ip.ts';
import type { TrafficPolicy } from '../model/records.ts';
import type { ServicePortInfo } from '../model/service-port-info.ts';
import {
  type CategorizedEndpoints,
  categorizeEndpoints,
  type NeededSets,
  type NodeLocation,
} from './categorize-endpoints.ts';
import type { Frontend, FrontendKind, ServicePlan, TrafficPlan } from './plan.ts';

/** What of the node decides about single service ports; when it changes, all are planned anew. */
export interface ServiceContext extends NodeLocation {
  /** The node's own address of the family; undefined while nobody knows it. */
  readonly nodeIp: Ip | undefined;
}

/** Plans as if no other Service existed: frontend-claims.ts tells which frontends another one owns. */
export function planServicePort(
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  context: ServiceContext,
): ServicePlan {
  const sets = categorizeEndpoints(endpoints, neededSets(info), context);
  return {
    key: info.key,
    name: info.name,
    version: info.version,
    frontends: frontendsOf(info),
    internal: planTraffic(info.internalTrafficPolicy, sets),
    external: planTraffic(info.externalTrafficPolicy, sets),
    clusterEndpoints: sets.clusterEndpoints,
    localEndpoints: sets.localEndpoints,
    allEndpoints: sets.allEndpoints,
    clusterRule: sets.clusterRule,
    localRule: sets.localRule,
    affinitySeconds: info.affinitySeconds,
    allowedSources: allowedSourcesOf(info, context),
    healthCheckNodePort: info.healthCheckNodePort,
  };
}

/** UsesClusterEndpoints and UsesLocalEndpoints of pkg/proxy/serviceport.go. */
function neededSets(info: ServicePortInfo): NeededSets {
  const isInternalLocal = info.internalTrafficPolicy === 'Local';
  const isExternal = info.nodePort !== 0 || info.loadBalancerIps.length > 0 || info.externalIps.length > 0;
  return {
    // Under an external Local policy too: pods and the node itself reach all endpoints.
    cluster: !isInternalLocal || isExternal,
    local: isInternalLocal || (isExternal && info.externalTrafficPolicy === 'Local'),
  };
}

function planTraffic(policy: TrafficPolicy, sets: CategorizedEndpoints): TrafficPlan {
  const endpoints = policy === 'Local' ? sets.localEndpoints : sets.clusterEndpoints;
  if (endpoints.length > 0) return TRAFFIC_PLANS[policy].balance;
  return TRAFFIC_PLANS[policy][sets.hasAnyEndpoints ? 'drop' : 'reject'];
}

/** All that there can be, shared by all service ports. */
const TRAFFIC_PLANS = {
  Cluster: trafficPlansOf('Cluster'),
  Local: trafficPlansOf('Local'),
};

function trafficPlansOf(policy: TrafficPolicy): Record<TrafficPlan['verdict'], TrafficPlan> {
  return {
    balance: { policy, verdict: 'balance' },
    reject: { policy, verdict: 'reject' },
    drop: { policy, verdict: 'drop' },
  };
}

/**
 * One frontend for each address. Of an address that the Service lists several times the first kind in this order counts:
 * a load-balancer IP before an external IP, because source ranges protect only the former.
 */
function frontendsOf(info: ServicePortInfo): Frontend[] {
  const frontends = new Map<Ip, Frontend>();
  const add = (kind: FrontendKind, ips: readonly Ip[]) => {
    for (const ip of ips) {
      if (!frontends.has(ip)) frontends.set(ip, frontend(info, kind, { ip, port: info.port }));
    }
  };
  add('ClusterIP', [info.clusterIp]);
  add('LoadBalancerIP', info.loadBalancerIps);
  add('ExternalIP', info.externalIps);
  const nodePort = { ip: undefined, port: info.nodePort };
  return [...frontends.values(), ...(info.nodePort ? [frontend(info, 'NodePort', nodePort)] : [])];
}

function frontend(
  { name: { protocol } }: ServicePortInfo,
  kind: FrontendKind,
  { ip, port }: Pick<Frontend, 'ip' | 'port'>,
): Frontend {
  return { kind, ip, protocol, port, lostTo: undefined };
}

/**
 * The source ranges. When this node is inside of one, the load-balancer IPs are allowed too: where such an IP is bound on
 * the node, its own connections to it have it as their source.
 */
function allowedSourcesOf(info: ServicePortInfo, { nodeIp }: ServiceContext): readonly Cidr[] | undefined {
  const ranges = info.loadBalancerSourceRanges;
  if (ranges.length === 0) return undefined;
  const isNodeAllowed = nodeIp !== undefined && ranges.some((range) => cidrContains(range, nodeIp));
  return isNodeAllowed ? [...ranges, ...info.loadBalancerIps.map(hostCidr)] : ranges;
}
