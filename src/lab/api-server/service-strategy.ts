// What happens to a Service on its way into the store (pkg/registry/core/service: strategy.go, storage/storage.go).
import { isDeepStrictEqual } from 'node:util';
import type { ApiObject } from './objects.ts';
import type { ServiceAddresses } from './service-addresses.ts';
import { allocateAddresses } from './service-admission.ts';
import { withDefaults } from './service-defaults.ts';
import {
  decodeServiceSpec,
  isExternallyAccessible,
  mayHaveNodePorts,
  needsClusterIp,
  needsHealthCheckNodePort,
  needsNodePorts,
  type ServicePort,
  type ServiceSpec,
  specOf,
  withoutUndefined,
} from './service-spec.ts';
import { completeServiceStatus, emptyServiceStatus } from './service-status.ts';
import { validateService } from './service-validation.ts';
import type { Strategy } from './strategy.ts';

export function serviceStrategy(addresses: ServiceAddresses): Strategy {
  return {
    complete: (draft, previous) => {
      const spec = completeSpec(withDefaults(decodeServiceSpec(draft['spec'])), previous);
      const keepsStatus = previous !== undefined && spec.type === 'LoadBalancer';
      return { spec, status: keepsStatus ? previous['status'] : emptyServiceStatus };
    },
    validate: validateService,
    allocate: (service, previous) => allocateAddresses(addresses, service, previous),
    status: completeServiceStatus,
  };
}

function completeSpec(spec: ServiceSpec, previous: ApiObject | undefined): ServiceSpec {
  if (!previous) return withClusterIps(spec);
  const before = specOf(previous);
  return withoutStale(withSameClusterIps(withAllocated(spec, before), before), before);
}

/** Old clients write `clusterIP` alone. */
function withClusterIps(spec: ServiceSpec): ServiceSpec {
  return spec.clusterIP && !spec.clusterIPs?.length ? { ...spec, clusterIPs: [spec.clusterIP] } : spec;
}

/** A client that changes one of `clusterIP` and `clusterIPs` and leaves the other means both. */
function withSameClusterIps(spec: ServiceSpec, before: ServiceSpec): ServiceSpec {
  const isUnchangedList = isDeepStrictEqual(spec.clusterIPs ?? [], before.clusterIPs ?? []);
  if (spec.clusterIP === before.clusterIP || !isUnchangedList) return spec;
  return { ...spec, clusterIPs: spec.clusterIP ? [spec.clusterIP] : [] };
}

/** A client that writes back less than it got keeps what was allocated. */
function withAllocated(spec: ServiceSpec, before: ServiceSpec): ServiceSpec {
  const keepsIps = needsClusterIp(before) && needsClusterIp(spec);
  const keepsPorts = needsNodePorts(before) && needsNodePorts(spec);
  const keepsHealthCheck = needsHealthCheckNodePort(before) && needsHealthCheckNodePort(spec);
  return withoutUndefined({
    ...spec,
    clusterIP: spec.clusterIP || (keepsIps ? before.clusterIP : undefined),
    clusterIPs: spec.clusterIPs?.length || !keepsIps ? spec.clusterIPs : before.clusterIPs,
    ports: keepsPorts ? withNodePortsOf(before, spec) : spec.ports,
    healthCheckNodePort:
      spec.healthCheckNodePort || (keepsHealthCheck ? before.healthCheckNodePort : undefined),
  });
}

/** Ports are the same if their names are. */
function withNodePortsOf(
  { ports: before = [] }: ServiceSpec,
  { ports = [] }: ServiceSpec,
): readonly ServicePort[] {
  const given = new Set(ports.map(({ nodePort }) => nodePort));
  return ports.map((port) => {
    const old = before.find(({ name = '' }) => name === (port.name ?? ''))?.nodePort;
    return port.nodePort || !old || given.has(old) ? port : { ...port, nodePort: old };
  });
}

/** What a type does not have goes with a change to that type, unless the client has just changed it. */
function withoutStale(spec: ServiceSpec, before: ServiceSpec): ServiceSpec {
  const stale: (keyof ServiceSpec)[] = [];
  const lose = (has: (spec: ServiceSpec) => boolean, ...fields: (keyof ServiceSpec)[]): void => {
    if (has(before) && !has(spec)) stale.push(...fields);
  };
  lose(needsClusterIp, 'clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy');
  lose(needsHealthCheckNodePort, 'healthCheckNodePort');
  lose(isExternallyAccessible, 'externalTrafficPolicy');
  lose(({ type }) => type === 'LoadBalancer', 'allocateLoadBalancerNodePorts', 'loadBalancerClass');
  const isStale = (field: string, value: unknown): boolean =>
    stale.some((name) => name === field) && isDeepStrictEqual(value, before[field as keyof ServiceSpec]);
  const kept = Object.fromEntries(Object.entries(spec).filter(([field, value]) => !isStale(field, value)));
  return { ...kept, ...(spec.ports ? { ports: withoutStaleNodePorts(spec, before) } : {}) };
}

function withoutStaleNodePorts(spec: ServiceSpec, before: ServiceSpec): readonly ServicePort[] {
  const { ports = [] } = spec;
  const old = new Set((before.ports ?? []).map(({ nodePort }) => nodePort));
  const isStale = mayHaveNodePorts(before) && !mayHaveNodePorts(spec);
  if (!isStale || ports.some(({ nodePort }) => nodePort && !old.has(nodePort))) return ports;
  return ports.map(({ nodePort: _nodePort, ...port }) => port);
}
