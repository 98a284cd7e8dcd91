// The lean records that the watch produces: what a service proxy needs of an API object and nothing else. They hold the
// object's own values, canonical but uninterpreted; semantics start in service-port-info.ts and endpoint-info.ts.
import type { Cidr, Ip, IpFamily } from './ip.ts';
import type { Protocol } from './names.ts';

/** Which state of which object a record shows. */
export interface ObjectVersion {
  readonly uid: string;
  readonly resourceVersion: string;
  /** `metadata.generation`; 0 where the kind has none (Services before Kubernetes 1.35). */
  readonly generation: number;
}

export type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';

export interface ServicePortRecord {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** 0 for none. */
  readonly nodePort: number;
}

export interface ServiceRecord extends ObjectVersion {
  readonly namespace: string;
  readonly name: string;
  /** Seconds since the epoch: older objects win conflicts. */
  readonly createdAt: number;
  readonly type: ServiceType;
  /** One per family at most; empty for headless Services. */
  readonly clusterIps: readonly Ip[];
  readonly ports: readonly ServicePortRecord[];
  readonly externalIps: readonly Ip[];
  /** `status.loadBalancer.ingress[].ip` of entries whose ipMode is not Proxy, whatever the type says. */
  readonly loadBalancerIps: readonly Ip[];
  readonly loadBalancerSourceRanges: readonly Cidr[];
  /** `sessionAffinityConfig.clientIP.timeoutSeconds` where sessionAffinity is ClientIP; 0 without affinity. */
  readonly affinitySeconds: number;
  readonly internalTrafficPolicy: TrafficPolicy;
  readonly externalTrafficPolicy: TrafficPolicy;
  /** 0 for none. */
  readonly healthCheckNodePort: number;
  /** What decoding had to leave out and why, one sentence each: invalid addresses, ports out of range. */
  readonly problems: readonly string[];
}

export type TrafficPolicy = 'Cluster' | 'Local';

export interface EndpointRecord {
  readonly ip: Ip;
  readonly nodeName: string;
  readonly zone: string;
  /** `targetRef.name` where it is a Pod: for people only. */
  readonly podName: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

export interface EndpointPortRecord {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface EndpointSliceRecord extends ObjectVersion {
  readonly namespace: string;
  readonly name: string;
  /** The label `kubernetes.io/service-name`; empty if missing, and the slice is then ignored. */
  readonly serviceName: string;
  /** undefined for FQDN slices and unknown address types, which are ignored. */
  readonly family: IpFamily | undefined;
  readonly endpoints: readonly EndpointRecord[];
  readonly ports: readonly EndpointPortRecord[];
  /** `endpoints.kubernetes.io/last-change-trigger-time` in milliseconds since the epoch; 0 if absent. */
  readonly triggerTimeMs: number;
  readonly problems: readonly string[];
}

export interface NodeRecord extends ObjectVersion {
  readonly name: string;
  /** The label `topology.kubernetes.io/zone`; empty if absent. */
  readonly zone: string;
  readonly internalIps: readonly Ip[];
  readonly externalIps: readonly Ip[];
  readonly podCidrs: readonly Cidr[];
  readonly taintKeys: readonly string[];
  readonly isDeleting: boolean;
}

export interface ServiceCidrRecord extends ObjectVersion {
  readonly name: string;
  readonly cidrs: readonly Cidr[];
}

/** What a watch says, in the order in which it happened on the server. */
export type WatchEvent<Record> =
  | { readonly kind: 'put'; readonly record: Record }
  | { readonly kind: 'delete'; readonly namespace: string; readonly name: string }
  /** The object exists but could not be decoded: what is known of it stays. Without this a list would seem to delete it. */
  | { readonly kind: 'unreadable'; readonly namespace: string; readonly name: string }
  /**
   * A complete list follows as puts. What is not put, or unreadable, before `synced` does not exist any more. A streamed
   * list may also delete what it put.
   */
  | { readonly kind: 'replace-start' }
  /** The list that `replace-start` began is complete. A second `replace-start` before it begins the list anew. */
  | { readonly kind: 'synced' };
