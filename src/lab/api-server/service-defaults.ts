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
  const { sessionAffinityConfig: _config, ...rest } = given;
  const spec: ServiceSpec = {
    ...rest,
    ...(given.ports ? { ports: given.ports.map(withPortDefaults) } : {}),
    ...affinity(given),
    type: given.type || 'ClusterIP',
  };
  return withoutUndefined({
    ...spec,
    externalTrafficPolicy:
      spec.externalTrafficPolicy || (isExternallyAccessible(spec) ? 'Cluster' : undefined),
    internalTrafficPolicy: spec.internalTrafficPolicy ?? (needsClusterIp(spec) ? 'Cluster' : undefined),
    allocateLoadBalancerNodePorts:
      spec.allocateLoadBalancerNodePorts ?? (spec.type === 'LoadBalancer' ? true : undefined),
  });
}

function withPortDefaults(port: ServicePort): ServicePort {
  return withoutUndefined({
    ...port,
    protocol: port.protocol || 'TCP',
    targetPort: port.targetPort || port.port,
  });
}

function affinity({ sessionAffinity, sessionAffinityConfig }: ServiceSpec) {
  if (sessionAffinity !== 'ClientIP') return { sessionAffinity: sessionAffinity || 'None' };
  const timeoutSeconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS;
  return { sessionAffinity, sessionAffinityConfig: { clientIP: { timeoutSeconds } } };
}
