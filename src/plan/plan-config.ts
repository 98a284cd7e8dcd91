// The part of the configuration that decides semantics. main.ts fills it from KubeProxyConfiguration.
import type { Cidr, Ip, IpFamily } from '../model/ip.ts';

export interface PlanConfig {
  /** 0 to 31. */
  readonly masqueradeBit: number;
  readonly masqueradeAll: boolean;
  readonly detectLocalMode: 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';
  readonly clusterCidrs: readonly Cidr[];
  readonly bridgeInterface: string;
  readonly interfaceNamePrefix: string;
  /** CIDRs, or `primary` alone; empty: all addresses. */
  readonly nodePortAddresses: readonly (Cidr | 'primary')[];
  readonly localhostNodePorts: boolean;
}

/** What the planner knows of its own node. Watched: each change gives a new value and a new global plan. */
export interface NodeView {
  readonly name: string;
  readonly zone: string;
  readonly podCidrs: readonly Cidr[];
  /** The node's IP of each family as the Node object or bindAddress has it. */
  readonly primaryIps: { readonly [family in IpFamily]?: Ip };
  /** All addresses of all links, both families. */
  readonly addresses: readonly Ip[];
}
