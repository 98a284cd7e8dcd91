// The lines for `ip -batch` that make the wires of a lab. Pure. Nothing here ever names a link of the root namespace: veth
// pairs are made with both ends already in their namespaces.
import { isIPv6 } from 'node:net';
import type { PodHost, Topology } from './topology.ts';
import {
  allIps,
  GATEWAY,
  type Host,
  hostCidr,
  NODE_NETWORK,
  type NodeHost,
  POD_GATEWAY,
} from './topology.ts';

export function netnsLines(names: readonly string[]): string[] {
  return names.map((name) => `netns add ${name}`);
}

/**
 * The bridge, and the links from it to everything that is plugged into it. The bridge comes first, so that no port has
 * the index of its peer: the kernel would take such a link for a physical one and wait up to a second before using it
 * (linkwatch_urgent_event in net/core/link_watch.c).
 */
export function bridgeLinkLines(topology: Topology): string[] {
  return [
    `link add br0 netns ${topology.wires} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    ...bridged(topology).map(
      ({ netns }, i) => `link add eth0 netns ${netns} type veth peer name port${i} netns ${topology.wires}`,
    ),
  ];
}

export function podLinkLines(pods: readonly PodHost[]): string[] {
  return pods.map(
    ({ netns, node, nodeLink }) =>
      `link add eth0 netns ${netns} type veth peer name ${nodeLink} netns ${node.netns}`,
  );
}

/** For the bridge's namespace. It does not forward, so the gateway swallows what it gets. */
export function bridgeLines(topology: Topology): string[] {
  return [
    'link set lo up',
    ...bridged(topology).flatMap((_, i) => [`link set port${i} master br0`, `link set port${i} up`]),
    'link set br0 up',
    `address add ${GATEWAY.IPv4}/24 dev br0`,
    `address add ${GATEWAY.IPv6}/64 dev br0 nodad`,
  ];
}

/** For a node's namespace; its pods come on top with podRouteLines. */
export function nodeLines(topology: Topology, node: NodeHost): string[] {
  return [
    ...nodeNetworkLines(node),
    ...defaultRouteLines(GATEWAY),
    ...podNetworkRouteLines(topology.nodes.filter(({ name }) => name !== node.name)),
    ...clientRouteLines(topology),
  ];
}

export function controlPlaneLines(topology: Topology): string[] {
  return [
    ...nodeNetworkLines(topology.controlPlane),
    ...podNetworkRouteLines(topology.nodes),
    ...clientRouteLines(topology),
  ];
}

/**
 * For the client's namespace. It is on the bridge's wire but in another network: it reaches pods and VIPs only by routes
 * through nodes, by default through the first one, and through node N for packets with the mark N.
 */
export function clientLines(topology: Topology): string[] {
  const throughNode = topology.nodes.flatMap(({ number, ips }) => defaultRouteLines(ips, ` table ${number}`));
  const [first] = topology.nodes;
  return [
    'link set lo up',
    'link set eth0 up',
    ...hostAddressLines(topology.client),
    ...[NODE_NETWORK.IPv4, NODE_NETWORK.IPv6].map((network) => `route add ${network} dev eth0`),
    ...podNetworkRouteLines(topology.nodes),
    ...(first ? defaultRouteLines(first.ips) : []),
    ...throughNode,
  ];
}

/** For the client's namespace, once with `ip -4` and once with `ip -6`: a rule does not tell its family. */
export function clientRuleLines({ nodes }: Topology): string[] {
  return nodes.map(({ number }) => `rule add fwmark ${number} table ${number}`);
}

export function podLines(pod: PodHost): string[] {
  return [
    'link set lo up',
    'link set eth0 up',
    ...hostAddressLines(pod),
    `route add ${POD_GATEWAY.IPv4} dev eth0 scope link`,
    ...defaultRouteLines(POD_GATEWAY),
  ];
}

/**
 * For the node of the pod: a link of its own and a route for each address, as Calico and the ptp plugin make them. The
 * gateway's scope keeps MASQUERADE from choosing it as a source; `src` does the same for the node's own packets.
 */
export function podRouteLines({ nodeLink, ips, node }: PodHost): string[] {
  return [
    `link set ${nodeLink} up`,
    `address add ${POD_GATEWAY.IPv4}/32 dev ${nodeLink} scope link`,
    `address add ${POD_GATEWAY.IPv6}/64 dev ${nodeLink} nodad`,
    `route add ${hostCidr(ips.IPv4)} dev ${nodeLink} scope link src ${node.ips.IPv4}`,
    `route add ${hostCidr(ips.IPv6)} dev ${nodeLink} src ${node.ips.IPv6}`,
  ];
}

function bridged({ nodes, client, controlPlane }: Topology): readonly Host[] {
  return [...nodes, client, controlPlane];
}

function nodeNetworkLines({ ips, extraIps }: Host): string[] {
  return [
    'link set lo up',
    'link set eth0 up',
    `address add ${ips.IPv4}/24 dev eth0`,
    `address add ${ips.IPv6}/64 dev eth0 nodad`,
    ...extraIps.map(extraAddressLine),
  ];
}

function podNetworkRouteLines(nodes: readonly NodeHost[]): string[] {
  return nodes.flatMap(({ podCidrs, ips }) => [
    `route add ${podCidrs.IPv4} via ${ips.IPv4}`,
    `route add ${podCidrs.IPv6} via ${ips.IPv6}`,
  ]);
}

function clientRouteLines({ client }: Topology): string[] {
  return allIps(client).map((ip) => `route add ${hostCidr(ip)} dev eth0`);
}

function defaultRouteLines(gateway: { IPv4: string; IPv6: string }, suffix = ''): string[] {
  return [
    `route add 0.0.0.0/0 via ${gateway.IPv4} dev eth0${suffix}`,
    `route add ::/0 via ${gateway.IPv6} dev eth0${suffix}`,
  ];
}

function hostAddressLines({ ips, extraIps }: Host): string[] {
  return [
    `address add ${ips.IPv4}/32 dev eth0`,
    `address add ${ips.IPv6}/128 dev eth0 nodad`,
    ...extraIps.map(extraAddressLine),
  ];
}

/** Deprecated from the start where that exists, so that the kernel never chooses it as a source. */
function extraAddressLine(ip: string): string {
  return `address add ${hostCidr(ip)} dev eth0${isIPv6(ip) ? ' nodad preferred_lft 0' : ''}`;
}
