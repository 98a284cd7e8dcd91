// The plan: everything that Kubernetes semantics decide, once, for all dataplanes and one address family. It names no
// chain, set or map. Types only; service-plan.ts and global-plan.ts make it, evaluate.ts asks it questions.
import type { EndpointInfo } from '../model/endpoint-info.ts';
import type { Cidr, Ip, IpFamily } from '../model/ip.ts';
import type { ObjectKey, Protocol, ServicePortKey, ServicePortName } from '../model/names.ts';
import type { ObjectVersion, TrafficPolicy } from '../model/records.ts';

/** All Services of one family. `services` is keyed by servicePortKey. */
export interface ProxyPlan {
  readonly family: IpFamily;
  readonly global: GlobalPlan;
  readonly services: ReadonlyMap<ServicePortKey, ServicePlan>;
}

/** What one planning step changed: the input of render. Absent keys are as they were. */
export interface PlanChange {
  readonly family: IpFamily;
  /** Set when anything outside single Services changed, and for the first plan. */
  readonly global: GlobalPlan | undefined;
  /** undefined: the service port is gone. */
  readonly services: ReadonlyMap<ServicePortKey, ServicePlan | undefined>;
}

export interface ServicePlan {
  readonly key: ServicePortKey;
  readonly name: ServicePortName;
  /** The Service that this was planned from. */
  readonly version: ObjectVersion;
  /** The addresses under which the service port is reachable, those that it lost to another Service included. */
  readonly frontends: readonly Frontend[];
  /** For destinations inside the cluster: ClusterIPs. */
  readonly internal: TrafficPlan;
  /** For destinations that the outside may use: external IPs, load-balancer IPs, NodePorts. */
  readonly external: TrafficPlan;
  /** What the Cluster policy selects, and what pods and the node get on external destinations under the Local policy. */
  readonly clusterEndpoints: readonly PlannedEndpoint[];
  /** What the Local policy selects; empty when no Local policy applies. */
  readonly localEndpoints: readonly PlannedEndpoint[];
  /** Every endpoint of the service port, used or not, with the reason; sorted by ip:port. */
  readonly allEndpoints: readonly PlannedEndpoint[];
  /** What decided clusterEndpoints. */
  readonly clusterRule: SelectionRule;
  /** What decided localEndpoints; 'no-local-policy' when none applies. */
  readonly localRule: SelectionRule;
  /** A client keeps its endpoint for so many seconds after its last new connection; 0 without affinity. */
  readonly affinitySeconds: number;
  /** Who may connect to load-balancer IPs; undefined: everybody. Never applies to other frontends. */
  readonly allowedSources: readonly Cidr[] | undefined;
  /** A port on every node that tells a load balancer whether this node has endpoints; 0 for none. */
  readonly healthCheckNodePort: number;
}

export type FrontendKind = 'ClusterIP' | 'ExternalIP' | 'LoadBalancerIP' | 'NodePort';

export interface Frontend {
  readonly kind: FrontendKind;
  /** undefined for NodePorts: every address that GlobalPlan.nodePortAddresses names. */
  readonly ip: Ip | undefined;
  readonly protocol: Protocol;
  readonly port: number;
  /** Another Service owns this address and port; nothing of this frontend is programmed. undefined: it is ours. */
  readonly lostTo: ServicePortKey | undefined;
}

/** How one class of destinations is treated. Endpoints are those of the policy's set: see endpointsOf. */
export interface TrafficPlan {
  readonly policy: TrafficPolicy;
  /** What a new connection gets. `drop`: a Local policy, endpoints elsewhere but none here. `reject`: none anywhere. */
  readonly verdict: 'balance' | 'reject' | 'drop';
}

/** An endpoint and what was decided about it. One object serves all lists that it is in: there are 100,000 of them. */
export interface PlannedEndpoint extends EndpointInfo {
  /**
   * The endpoint may run on this node, so its connections to itself through the Service must be masqueraded. True for
   * local endpoints and for those without a nodeName.
   */
  readonly isHairpinPossible: boolean;
  /** Whether it is in clusterEndpoints. */
  readonly cluster: EndpointReason;
  /** Whether it is in localEndpoints. */
  readonly local: EndpointReason;
}

/** Why an endpoint is in a set or not: a closed list, shown to people. */
export type EndpointReason =
  | 'used'
  /** Serving while terminating, used because no ready endpoint is left. */
  | 'used-while-terminating'
  | 'not-ready'
  | 'terminating'
  /** Ready, but hinted to other nodes. */
  | 'other-node-hint'
  /** Ready, but hinted to other zones. */
  | 'other-zone-hint'
  /** The Local policy wants endpoints of this node only. */
  | 'other-node'
  /** No frontend of the service port asks for this set. */
  | 'set-not-needed';

/** Which rule chose a set of endpoints. */
export type SelectionRule =
  | 'all-ready'
  | 'same-node-hints'
  | 'same-zone-hints'
  | 'local-ready'
  | 'terminating-fallback'
  | 'no-endpoints'
  | 'no-local-policy'
  | 'no-cluster-frontend';

/** What holds for all Services of a family on this node. */
export interface GlobalPlan {
  /** The packet mark that asks for masquerading, one bit: 1 << masqueradeBit. */
  readonly masqueradeMark: number;
  /** Masquerade all traffic to ClusterIPs, whoever sends it. */
  readonly masqueradeAll: boolean;
  readonly localDetector: LocalDetector;
  readonly nodePortAddresses: NodePortAddresses;
  /** NodePorts answer on 127.0.0.0/8 too (IPv4 only). */
  readonly hasLocalhostNodePorts: boolean;
  /** Networks of which ClusterIPs are allocated. Packets to unallocated addresses in them are dropped. */
  readonly serviceCidrs: readonly Cidr[];
  /** This node's addresses of the family, as links have them; sorted. */
  readonly nodeAddresses: readonly Ip[];
}

/** Tells traffic of this node's pods from other traffic (pkg/proxy/util/localdetector.go). */
export type LocalDetector =
  | { readonly kind: 'none' }
  | { readonly kind: 'source-cidr'; readonly cidr: Cidr }
  | { readonly kind: 'input-interface'; readonly name: string }
  | { readonly kind: 'input-interface-prefix'; readonly prefix: string };

export type NodePortAddresses =
  /** Every local address; loopback as hasLocalhostNodePorts says. */
  | { readonly kind: 'all' }
  /** Exactly these; sorted. */
  | { readonly kind: 'only'; readonly ips: readonly Ip[] };

/** The endpoints that a policy selects. */
export function endpointsOf(plan: ServicePlan, policy: TrafficPolicy): readonly PlannedEndpoint[] {
  return policy === 'Local' ? plan.localEndpoints : plan.clusterEndpoints;
}

/** Two or more Services claimed one address and port; shown as an Event on the loser. */
export interface FrontendConflict {
  readonly frontend: Frontend;
  readonly loser: ServicePortKey;
  readonly winner: ServicePortKey;
  readonly service: ObjectKey;
}
