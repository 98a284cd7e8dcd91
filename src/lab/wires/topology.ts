// Who has which name and address in a lab. Pure: the same specification gives the same addresses, whichever lab it is.
//
//   client 198.51.100.10 ──┐
//   control plane 192.0.2.2 ┤ bridge, gateway 192.0.2.1 ├ node-1 192.0.2.11 ── pods 10.244.1.1, 10.244.1.2 …
//                           └──────────────────────────┴ node-2 192.0.2.12 ── pods 10.244.2.1, 10.244.2.2 …
import { isIPv6 } from 'node:net';

/** One address (or CIDR) of each family. */
export interface DualStack {
  readonly IPv4: string;
  readonly IPv6: string;
}

/** One network namespace with addresses. */
export interface Host {
  readonly name: string;
  /** The namespace's name under /run/netns. */
  readonly netns: string;
  readonly ips: DualStack;
  readonly extraIps: readonly string[];
}

export interface NodeHost extends Host {
  /** Counts from 1. Also the routing mark and table by which the client sends through this node. */
  readonly number: number;
  readonly podCidrs: DualStack;
  /** Empty for none. */
  readonly zone: string;
}

export interface PodHost extends Host {
  readonly node: NodeHost;
  /** The node's end of the veth pair. */
  readonly nodeLink: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Topology {
  readonly nodes: readonly NodeHost[];
  readonly client: Host;
  readonly controlPlane: Host;
  /** The namespace of the bridge. */
  readonly wires: string;
}

export interface NodeSpec {
  readonly name: string;
  /** For the label topology.kubernetes.io/zone; none if not said. */
  readonly zone?: string;
  /** Further addresses of the node's eth0, beside the one of each family that every node gets. */
  readonly extraIps?: readonly string[];
}

export interface PodSpec {
  /** Unique in the lab. */
  readonly name: string;
  readonly node: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Echo is served on each, over TCP and UDP, IPv4 and IPv6. Port 8080 if not said. */
  readonly ports?: readonly number[];
}

/** The default route of the nodes ends here: what no rule takes up vanishes without an answer. */
export const GATEWAY: DualStack = { IPv4: '192.0.2.1', IPv6: '2001:db8:2::1' };
export const NODE_NETWORK: DualStack = { IPv4: '192.0.2.0/24', IPv6: '2001:db8:2::/64' };
/** What pods see as their gateway, on every node and link. */
export const POD_GATEWAY: DualStack = { IPv4: '169.254.1.1', IPv6: 'fe80::1' };
export const CLUSTER_CIDR: DualStack = { IPv4: '10.244.0.0/16', IPv6: 'fd00:10:244::/48' };

/** Every name begins with `prefix`, by which the reaper finds what is to be removed. */
export function createTopology(
  prefix: string,
  nodes: readonly NodeSpec[],
  clientExtraIps: readonly string[],
): Topology {
  const host = (name: string, ips: DualStack, extraIps: readonly string[] = []): Host => {
    return { name, netns: `${prefix}${name}`, ips, extraIps };
  };
  return {
    nodes: nodes.map(({ name, extraIps, zone = '' }, i) => ({
      ...host(name, { IPv4: `192.0.2.${11 + i}`, IPv6: `2001:db8:2::${11 + i}` }, extraIps),
      number: i + 1,
      podCidrs: { IPv4: `10.244.${i + 1}.0/24`, IPv6: `fd00:10:244:${i + 1}::/64` },
      zone,
    })),
    client: host('client', { IPv4: '198.51.100.10', IPv6: '2001:db8:51::10' }, clientExtraIps),
    controlPlane: host('control-plane', { IPv4: '192.0.2.2', IPv6: '2001:db8:2::2' }),
    wires: `${prefix}wires`,
  };
}

/** The node's pod number `number` has the addresses 10.244.N.number and fd00:10:244:N::number. */
export function createPodHost(
  prefix: string,
  { name, labels = {} }: PodSpec,
  { node, number }: { readonly node: NodeHost; readonly number: number },
): PodHost {
  return {
    name,
    netns: `${prefix}${name}`,
    ips: { IPv4: `10.244.${node.number}.${number}`, IPv6: `fd00:10:244:${node.number}::${number}` },
    extraIps: [],
    node,
    nodeLink: `veth${number}`,
    labels,
  };
}

/** All addresses of the host, the primary ones first. */
export function allIps(host: Host): string[] {
  return [host.ips.IPv4, host.ips.IPv6, ...host.extraIps];
}

/** The address as a network of its own. */
export function hostCidr(ip: string): string {
  return isIPv6(ip) ? `${ip}/128` : `${ip}/32`;
}
