// What happens to a Service on its way into the store (pkg/registry/core/service/strategy.go).
import { isDeepStrictEqual } from 'node:util';
import { objectOf } from '../../kube/json-object.ts';
import type { ApiObject } from './objects.ts';
import type { ServiceAddresses } from './service-addresses.ts';
import { allocateAddresses } from './service-admission.ts';
import { withDefaults } from './service-defaults.ts';
import {
  isExternallyAccessible,
  mayHaveNodePorts,
  needsClusterIp,
  needsHealthCheckNodePort,
  type ServicePort,
  type ServiceSpec,
  specOf,
  withoutUndefined,
} from './service-spec.ts';
import { validateService } from './service-validation.ts';
import type { Strategy } from './strategy.ts';

export function serviceStrategy(addresses: ServiceAddresses): Strategy {
  return {
    complete: (draft, previous) => ({
      spec: completeSpec(withDefaults(objectOf(draft['spec'])), previous),
      status: previous?.['status'] ?? { loadBalancer: {} },
    }),
    validate: validateService,
    allocate: (service, previous) => allocateAddresses(addresses, service, previous),
  };
}

function completeSpec(spec: ServiceSpec, previous: ApiObject | undefined): ServiceSpec {
  if (!previous) return withBothClusterIpFields(spec, {});
  const before = specOf(previous);
  return withBothClusterIpFields(withoutStale(withAllocated(spec, before), before), before);
}

/** Old clients write `clusterIP` alone; the list is the truth, and its first element is `clusterIP`. */
function withBothClusterIpFields(spec: ServiceSpec, before: ServiceSpec): ServiceSpec {
  const { clusterIP, clusterIPs = [] } = spec;
  const isOnlySingleSet = clusterIP !== undefined && clusterIP !== '' && clusterIPs.length === 0;
  const isOnlySingleChanged =
    clusterIP !== before.clusterIP && isDeepStrictEqual(clusterIPs, before.clusterIPs);
  if (isOnlySingleSet || (before.clusterIP !== undefined && isOnlySingleChanged)) {
    return { ...spec, clusterIPs: clusterIP ? [clusterIP] : [] };
  }
  return clusterIP || clusterIPs.length === 0 ? spec : { ...spec, clusterIP: clusterIPs[0] ?? '' };
}

/** A client that writes back less than it got keeps what was allocated. */
function withAllocated(spec: ServiceSpec, before: ServiceSpec): ServiceSpec {
  const keepsIps = needsClusterIp(before) && needsClusterIp(spec);
  const keepsPorts = mayHaveNodePorts(before) && mayHaveNodePorts(spec);
  const keepsHealthCheck = needsHealthCheckNodePort(before) && needsHealthCheckNodePort(spec);
  return withoutUndefined({
    ...spec,
    clusterIP: spec.clusterIP || (keepsIps && !spec.clusterIPs?.length ? before.clusterIP : undefined),
    clusterIPs: spec.clusterIPs?.length || !keepsIps || spec.clusterIP ? spec.clusterIPs : before.clusterIPs,
    ports: keepsPorts ? spec.ports?.map((port) => withNodePortOf(before, spec, port)) : spec.ports,
    healthCheckNodePort:
      spec.healthCheckNodePort || (keepsHealthCheck ? before.healthCheckNodePort : undefined),
  }) as ServiceSpec;
}

function withNodePortOf(before: ServiceSpec, spec: ServiceSpec, port: ServicePort): ServicePort {
  if (port.nodePort) return port;
  const old = before.ports?.find(
    (other) => other.port === port.port && other.protocol === port.protocol,
  )?.nodePort;
  const isClaimed = spec.ports?.some(({ nodePort }) => nodePort === old);
  return old && !isClaimed ? { ...port, nodePort: old } : port;
}

/** What a type does not have goes with a change to that type, unless the client has just set it. */
function withoutStale(spec: ServiceSpec, before: ServiceSpec): ServiceSpec {
  const lost = (
    has: (spec: ServiceSpec) => boolean,
    ...fields: (keyof ServiceSpec)[]
  ): Record<string, undefined> =>
    has(before) && !has(spec)
      ? Object.fromEntries(
          fields
            .filter((field) => isDeepStrictEqual(spec[field], before[field]))
            .map((field) => [field, undefined]),
        )
      : {};
  const ports =
    mayHaveNodePorts(before) && !mayHaveNodePorts(spec) ? withoutNodePorts(spec, before) : spec.ports;
  return withoutUndefined({
    ...spec,
    ports,
    ...lost(
      needsClusterIp,
      'clusterIP',
      'clusterIPs',
      'ipFamilies',
      'ipFamilyPolicy',
      'internalTrafficPolicy',
    ),
    ...lost(needsHealthCheckNodePort, 'healthCheckNodePort'),
    ...lost(isExternallyAccessible, 'externalTrafficPolicy'),
    ...lost(({ type }) => type === 'LoadBalancer', 'allocateLoadBalancerNodePorts', 'loadBalancerClass'),
  }) as ServiceSpec;
}

function withoutNodePorts(spec: ServiceSpec, before: ServiceSpec): readonly ServicePort[] | undefined {
  const old = new Set(before.ports?.map(({ nodePort }) => nodePort));
  return spec.ports?.map(({ nodePort, ...port }) =>
    nodePort && !old.has(nodePort) ? { ...port, nodePort } : port,
  );
}
