// From a Service to its service ports in one address family (upstream: newBaseServiceInfo in pkg/proxy/serviceport.go and
// serviceToServiceMap in pkg/proxy/servicechangetracker.go).
import { type Cidr, type IpFamily, ipFamilyOf, isZeroCidr } from './ip.ts';
import { type ServicePortKey, type ServicePortName, servicePortKey } from './names.ts';
import type { ServiceRecord, TrafficPolicy } from './records.ts';
import type { ServicePortInfo } from './service-port-info.ts';

/**
 * The service ports by their keys. None for headless and ExternalName Services and for those without a ClusterIP of the
 * family. Of two ports with one name and protocol, which the API refuses, the last counts.
 */
export function servicePortInfosOf(
  service: ServiceRecord,
  family: IpFamily,
): ReadonlyMap<ServicePortKey, ServicePortInfo> {
  const infos = new Map<ServicePortKey, ServicePortInfo>();
  const clusterIp = service.clusterIps.find((ip) => ipFamilyOf(ip) === family);
  if (!clusterIp || service.type === 'ExternalName') return infos;

  const common = { ...commonInfo(service, family), clusterIp };
  for (const { name: portName, protocol, port, nodePort } of service.ports) {
    const name: ServicePortName = { namespace: service.namespace, name: service.name, portName, protocol };
    const key = servicePortKey(name);
    infos.set(key, { ...common, key, name, port, nodePort });
  }
  return infos;
}

/** What all ports of the Service share. */
function commonInfo(service: ServiceRecord, family: IpFamily) {
  const { uid, resourceVersion, generation } = service;
  const externalTrafficPolicy = externalTrafficPolicyOf(service);
  const needsHealthCheck = service.type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
  return {
    version: { uid, resourceVersion, generation },
    createdAt: service.createdAt,
    externalIps: service.externalIps.filter((ip) => ipFamilyOf(ip) === family),
    loadBalancerIps: service.loadBalancerIps.filter((ip) => ipFamilyOf(ip) === family),
    loadBalancerSourceRanges: sourceRangesOf(service, family),
    affinitySeconds: service.affinitySeconds,
    internalTrafficPolicy: service.internalTrafficPolicy,
    externalTrafficPolicy,
    healthCheckNodePort: needsHealthCheck ? service.healthCheckNodePort : 0,
  };
}

/**
 * Local counts only where the outside can reach the Service at all (ExternalPolicyLocal in pkg/api/v1/service/util.go).
 * External IPs of either family make a ClusterIP Service reachable.
 */
function externalTrafficPolicyOf({ type, externalIps, externalTrafficPolicy }: ServiceRecord): TrafficPolicy {
  const isExternal = type === 'NodePort' || type === 'LoadBalancer' || externalIps.length > 0;
  return isExternal ? externalTrafficPolicy : 'Cluster';
}

/**
 * One range that holds all addresses lifts the restriction. So does, as upstream, a list that names only the other
 * family.
 */
function sourceRangesOf(service: ServiceRecord, family: IpFamily): readonly Cidr[] {
  const ranges = service.loadBalancerSourceRanges.filter((range) => ipFamilyOf(range) === family);
  return ranges.some(isZeroCidr) ? [] : ranges;
}
