// Services as the admission of Services sees them: the fields of core/v1 ServiceSpec that it reads or sets.
import * as v from 'valibot';
import type { ApiObject } from './objects.ts';
import { decode, flag, integer, listOf, objectOf, recordOf, text, textMap, texts } from './schema.ts';

const portSchema = recordOf({
  name: text,
  protocol: text,
  appProtocol: text,
  port: integer,
  targetPort: v.exactOptional(v.union([v.number(), v.string()])),
  nodePort: integer,
});

const specSchema = recordOf({
  ports: listOf(portSchema),
  selector: textMap,
  clusterIP: text,
  clusterIPs: texts,
  type: text,
  externalIPs: texts,
  sessionAffinity: text,
  loadBalancerIP: text,
  loadBalancerSourceRanges: texts,
  externalName: text,
  externalTrafficPolicy: text,
  healthCheckNodePort: integer,
  publishNotReadyAddresses: flag,
  sessionAffinityConfig: objectOf({ clientIP: objectOf({ timeoutSeconds: integer }) }),
  ipFamilies: listOf(v.picklist(['IPv4', 'IPv6'])),
  ipFamilyPolicy: text,
  allocateLoadBalancerNodePorts: flag,
  loadBalancerClass: text,
  internalTrafficPolicy: text,
  trafficDistribution: text,
});

export type ServicePort = v.InferOutput<typeof portSchema>;
export type ServiceSpec = v.InferOutput<typeof specSchema>;

/** Throws StatusError 400. */
export function decodeServiceSpec(value: unknown): ServiceSpec {
  const spec = decode(specSchema, value ?? {}, { kind: 'Service', path: 'spec' });
  const { publishNotReadyAddresses, ...rest } = withoutZeros(spec);
  return {
    ...rest,
    ...(spec.ports ? { ports: spec.ports.map(withoutZeros) } : {}),
    ...(publishNotReadyAddresses ? { publishNotReadyAddresses } : {}),
  };
}

/** Go leaves out empty texts and lists and zeros. */
function withoutZeros<T extends object>(object: T): T {
  const isZero = (value: unknown): boolean =>
    value === '' ||
    value === 0 ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isZero(value))) as T;
}

export const NO_CLUSTER_IP = 'None';

export function specOf(service: ApiObject | undefined): ServiceSpec {
  return (service?.['spec'] ?? {}) as ServiceSpec;
}

export function withSpec(service: ApiObject, change: Partial<ServiceSpec>): ApiObject {
  return { ...service, spec: withoutUndefined({ ...specOf(service), ...change }) };
}

export function isHeadless({ clusterIP, clusterIPs }: ServiceSpec): boolean {
  return (clusterIPs?.[0] ?? clusterIP) === NO_CLUSTER_IP;
}

/** All types but ExternalName have ClusterIPs, though these may be None. */
export function needsClusterIp({ type }: ServiceSpec): boolean {
  return type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer';
}

export function needsNodePorts({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);
}

/** Types whose ports may have node ports, be they given or allocated. */
export function mayHaveNodePorts({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

export function needsHealthCheckNodePort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

/** Services that can be reached from outside have an external traffic policy. */
export function isExternallyAccessible(spec: ServiceSpec): boolean {
  return mayHaveNodePorts(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);
}

/** T with the members that may be undefined made optional instead. */
type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

export function withoutUndefined<T extends object>(object: T): Compact<T> {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Compact<T>;
}
