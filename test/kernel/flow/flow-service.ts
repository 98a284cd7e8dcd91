// A Service of the suite with its endpoints. Every Service has a number, from which all its addresses follow.
import type { EndpointName } from './expectation.ts';
import type { DualStack, Protocol } from './world.ts';

export type Policy = 'Cluster' | 'Local';

export type EndpointState = 'ready' | 'not ready' | 'terminating and serving' | 'terminating';

export interface FlowEndpoint {
  /** The port is that of every port of the Service without a targetPort. */
  readonly name: EndpointName;
  /** `ready` if not said. */
  readonly state?: EndpointState;
  readonly zoneHints?: readonly string[];
  readonly nodeHints?: readonly string[];
  /** The slice does not say on which node the endpoint is. */
  readonly isNameless?: boolean;
}

export interface FlowPort {
  readonly name: string;
  readonly protocol: Protocol | 'SCTP';
  readonly port: number;
  /** The endpoints' own if not said. */
  readonly targetPort?: number;
}

export interface FlowServiceSpec {
  readonly number: number;
  readonly name: string;
  /** ClusterIP if not said. */
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly internalPolicy?: Policy;
  readonly externalPolicy?: Policy;
  readonly affinitySeconds?: number;
  /** None if not said. */
  readonly externalIps?: readonly string[];
  /** Those of the number for type LoadBalancer if not said. */
  readonly loadBalancerIps?: readonly string[];
  readonly ipMode?: 'VIP' | 'Proxy';
  readonly sourceRanges?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly isHeadless?: boolean;
  /** TCP and UDP 80 if not said. */
  readonly ports?: readonly FlowPort[];
  readonly endpoints?: readonly FlowEndpoint[];
}

export interface FlowService extends FlowServiceSpec {
  readonly clusterIps: DualStack;
  /** Of all ports: they differ in their protocol, or are for ClusterIPs only. */
  readonly nodePort: number;
}

export const TCP_80: FlowPort = { name: 'tcp', protocol: 'TCP', port: 80 };
export const UDP_80: FlowPort = { name: 'udp', protocol: 'UDP', port: 80 };

export function flowService(spec: FlowServiceSpec): FlowService {
  return { ...spec, clusterIps: clusterIpsOf(spec.number), nodePort: 30_100 + spec.number };
}

/** Ready endpoints on the pods' port 8080. */
export function ready(...names: readonly EndpointName[]): FlowEndpoint[] {
  return names.map((name) => ({ name }));
}

export function clusterIpsOf(number: number): DualStack {
  return { IPv4: `10.96.${dotted(number)}`, IPv6: `fd00:10:96::${hex(0x1000 + number)}` };
}

export function loadBalancerIpsOf(number: number): DualStack {
  return { IPv4: `100.64.${dotted(number)}`, IPv6: `2001:db8:100::${hex(number)}` };
}

export function externalIpsOf(number: number): DualStack {
  return { IPv4: `198.18.${dotted(number)}`, IPv6: `2001:db8:18::${hex(number)}` };
}

/** Two octets. */
function dotted(number: number): string {
  return `${16 + (number >> 8)}.${number & 255}`;
}

function hex(number: number): string {
  return number.toString(16);
}
