// What a Service says where the client said nothing (pkg/apis/core/v1/defaults.go, SetDefaults_Service).
import {
  isExternallyAccessible,
  needsClusterIp,
  type ServicePort,
  type ServiceSpec,
  withoutUndefined,
} from './service-spec.ts';

const DEFAULT_AFFINITY_SECONDS = 10_800;

export function withDefaults(given: ServiceSpec): ServiceSpec {
  const spec: ServiceSpec = {
    ...given,
    ...(Array.isArray(given.ports) ? { ports: given.ports.map(withPortDefaults) } : {}),
    type: given.type || 'ClusterIP',
    sessionAffinity: given.sessionAffinity || 'None',
  };
  return withoutUndefined({
    ...spec,
    sessionAffinityConfig: affinityConfig(spec),
    externalTrafficPolicy:
      spec.externalTrafficPolicy || (isExternallyAccessible(spec) ? 'Cluster' : undefined),
    internalTrafficPolicy: spec.internalTrafficPolicy || (needsClusterIp(spec) ? 'Cluster' : undefined),
    allocateLoadBalancerNodePorts:
      spec.allocateLoadBalancerNodePorts ?? (spec.type === 'LoadBalancer' ? true : undefined),
  }) as ServiceSpec;
}

function withPortDefaults(port: ServicePort): ServicePort {
  return {
    ...port,
    protocol: port.protocol || 'TCP',
    targetPort: port.targetPort || port.port,
  } as ServicePort;
}

function affinityConfig({
  sessionAffinity,
  sessionAffinityConfig,
}: ServiceSpec): ServiceSpec['sessionAffinityConfig'] {
  if (sessionAffinity !== 'ClientIP') return undefined;
  return {
    clientIP: { timeoutSeconds: sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS },
  };
}
