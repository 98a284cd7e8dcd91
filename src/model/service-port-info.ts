// One port of one Service in one address family (upstream: BaseServicePortInfo in pkg/proxy/serviceport.go).
import type { Cidr, Ip } from './ip.ts';
import type { ServicePortKey, ServicePortName } from './names.ts';
import type { ObjectVersion, TrafficPolicy } from './records.ts';

export interface ServicePortInfo {
  readonly key: ServicePortKey;
  readonly name: ServicePortName;
  readonly version: ObjectVersion;
  readonly createdAt: number;
  readonly clusterIp: Ip;
  readonly port: number;
  /** 0 for none. */
  readonly nodePort: number;
  readonly externalIps: readonly Ip[];
  readonly loadBalancerIps: readonly Ip[];
  /** Empty: everybody may connect. */
  readonly loadBalancerSourceRanges: readonly Cidr[];
  readonly affinitySeconds: number;
  readonly internalTrafficPolicy: TrafficPolicy;
  /** Local only where the API gives it a meaning: see KP 3.2 and serviceport.go. */
  readonly externalTrafficPolicy: TrafficPolicy;
  readonly healthCheckNodePort: number;
}
