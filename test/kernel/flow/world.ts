// The cluster in which the cases happen: seven nodes, each with a configuration of its own, so that one lab shows all of
// them at once; pods that serve and pods that ask. Addresses are those of src/lab/lab.ts.

export type Family = 'IPv4' | 'IPv6';
export type Protocol = 'TCP' | 'UDP';

export const FAMILIES: readonly Family[] = ['IPv4', 'IPv6'];
export const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP'];

export interface DualStack {
  readonly IPv4: string;
  readonly IPv6: string;
}

export type NodeName = `node-${number}`;

/** `pod-N-K`: the K-th pod of node N. */
export type PodName = `pod-${number}-${number}`;

/** The fields of KubeProxyConfiguration that decide what happens to packets. */
export interface ProxySettings {
  readonly detectLocalMode: 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';
  readonly clusterCidrs: readonly string[];
  readonly bridgeInterface: string;
  readonly interfaceNamePrefix: string;
  readonly nodePortAddresses: readonly string[];
  readonly masqueradeAll: boolean;
  readonly localhostNodePorts: boolean;
}

export interface FlowNode {
  readonly name: NodeName;
  /** Empty: the Node has no zone label. */
  readonly zone: string;
  /** Beside nodeIps and secondIps. */
  readonly extraIps: readonly string[];
  readonly pods: number;
  readonly settings: ProxySettings;
}

const CLUSTER_CIDRS = ['10.244.0.0/16', 'fd00:10:244::/48'];

/** NodePorts on all addresses, said explicitly: nftables mode has another default than iptables mode. */
const ALL_ADDRESSES = ['0.0.0.0/0', '::/0'];

function settings(fields: Partial<ProxySettings> = {}): ProxySettings {
  return {
    detectLocalMode: 'ClusterCIDR',
    clusterCidrs: CLUSTER_CIDRS,
    bridgeInterface: '',
    interfaceNamePrefix: '',
    nodePortAddresses: ALL_ADDRESSES,
    masqueradeAll: false,
    localhostNodePorts: true,
    ...fields,
  };
}

/** Load-balancer IPs that are addresses of node-1 too. */
export const BOUND_VIPS = {
  open: { IPv4: '203.0.113.101', IPv6: '2001:db8:113::101' },
  closed: { IPv4: '203.0.113.102', IPv6: '2001:db8:113::102' },
} as const;

/** Addresses of node-3 outside of its nodePortAddresses. */
export const FAR_IPS: DualStack = { IPv4: '198.19.0.3', IPv6: '2001:db8:19::3' };

export const NODES: readonly FlowNode[] = [
  {
    name: 'node-1',
    zone: 'zone-a',
    extraIps: Object.values(BOUND_VIPS).flatMap(({ IPv4, IPv6 }) => [IPv4, IPv6]),
    pods: 18,
    settings: settings(),
  },
  {
    name: 'node-2',
    zone: 'zone-b',
    extraIps: [],
    pods: 18,
    settings: settings({ detectLocalMode: 'NodeCIDR', clusterCidrs: [], nodePortAddresses: ['primary'] }),
  },
  {
    name: 'node-3',
    zone: '',
    extraIps: Object.values(FAR_IPS),
    pods: 3,
    settings: settings({ nodePortAddresses: ['192.0.2.0/24'] }),
  },
  {
    name: 'node-4',
    zone: 'zone-c',
    extraIps: [],
    pods: 3,
    settings: settings({
      detectLocalMode: 'BridgeInterface',
      // The link of the first pod.
      bridgeInterface: 'veth1',
      localhostNodePorts: false,
    }),
  },
  {
    name: 'node-5',
    zone: 'zone-c',
    extraIps: [],
    pods: 3,
    settings: settings({
      detectLocalMode: 'InterfaceNamePrefix',
      interfaceNamePrefix: 'veth',
      nodePortAddresses: ['127.0.0.0/8'],
    }),
  },
  { name: 'node-6', zone: 'zone-c', extraIps: [], pods: 3, settings: settings({ clusterCidrs: [] }) },
  {
    name: 'node-7',
    zone: 'zone-c',
    extraIps: [],
    pods: 3,
    settings: settings({ clusterCidrs: ['10.244.0.0/16'], masqueradeAll: true }),
  },
];

/** Served by every pod; those of `MANY_PODS` serve MANY_PORTS too. */
export const POD_PORTS: readonly number[] = [53, 5000, 8080, 8443];
export const MANY_PORTS: readonly number[] = Array.from({ length: 24 }, (_, i) => 9000 + i);
export const MANY_PODS: readonly PodName[] = [
  'pod-1-1',
  'pod-2-1',
  'pod-2-2',
  'pod-2-3',
  'pod-2-4',
  'pod-2-5',
];
/** Served by the nodes themselves: pods with hostNetwork. */
export const HOST_PORT = 7070;

export const CLIENT_IPS: DualStack = { IPv4: '198.51.100.10', IPv6: '2001:db8:51::10' };
/** Further addresses of the client outside. */
export const OTHER_CLIENT_IPS: readonly DualStack[] = Array.from({ length: 24 }, (_, i) => ({
  IPv4: `198.51.101.${10 + i}`,
  IPv6: `2001:db8:52::${10 + i}`,
}));

export const SERVICE_CIDRS: DualStack = { IPv4: '10.96.0.0/16', IPv6: 'fd00:10:96::/112' };

export function nodeNumber(place: NodeName | PodName): number {
  return Number(place.split('-')[1]);
}

/** The addresses that Node objects tell, and that masqueraded packets have. */
export function nodeIps(node: NodeName): DualStack {
  const number = nodeNumber(node);
  return { IPv4: `192.0.2.${10 + number}`, IPv6: `2001:db8:2::${10 + number}` };
}

/** A second pair of addresses of each node, in the network of the first. */
export function secondIps(node: NodeName): DualStack {
  const number = nodeNumber(node);
  return { IPv4: `192.0.2.${110 + number}`, IPv6: `2001:db8:2::${110 + number}` };
}

export function podIps(pod: PodName): DualStack {
  const [, node, number] = pod.split('-');
  return { IPv4: `10.244.${node}.${number}`, IPv6: `fd00:10:244:${node}::${number}` };
}

export function isPod(place: string): place is PodName {
  return place.startsWith('pod-');
}

export function nodeOfPod(pod: PodName): NodeName {
  return `node-${nodeNumber(pod)}`;
}

export function podNames({ name, pods }: FlowNode): PodName[] {
  return Array.from({ length: pods }, (_, i): PodName => `pod-${nodeNumber(name)}-${i + 1}`);
}

export function flowNode(name: NodeName): FlowNode {
  const node = NODES.find((candidate) => candidate.name === name);
  if (!node) throw new Error(`there is no ${name}`);
  return node;
}
