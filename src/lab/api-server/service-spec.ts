// Services as the admission of Services sees them: the fields of core/v1 ServiceSpec that it reads or sets.
import type { IpFamily } from '../../model/ip.ts';
import type { ApiObject } from './objects.ts';

export interface ServicePort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port?: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
  readonly [field: string]: unknown;
}

/** Values are the client's: any may be of the wrong type until it has been validated. */
export interface ServiceSpec {
  readonly type?: string;
  readonly ports?: readonly ServicePort[];
  readonly selector?: Readonly<Record<string, string>>;
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly ipFamilies?: readonly IpFamily[];
  readonly ipFamilyPolicy?: string;
  readonly externalIPs?: readonly string[];
  readonly externalName?: string;
  readonly sessionAffinity?: string;
  readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
  readonly internalTrafficPolicy?: string;
  readonly externalTrafficPolicy?: string;
  readonly healthCheckNodePort?: number;
  readonly allocateLoadBalancerNodePorts?: boolean;
  readonly loadBalancerSourceRanges?: readonly string[];
  readonly [field: string]: unknown;
}

export const NO_CLUSTER_IP = 'None';

export function specOf(service: ApiObject | undefined): ServiceSpec {
  return (service?.['spec'] ?? {}) as ServiceSpec;
}

export function withSpec(service: ApiObject, change: ServiceSpec): ApiObject {
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

export function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
