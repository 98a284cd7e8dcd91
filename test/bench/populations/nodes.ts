// Where the pods of a population run: spread evenly over a hundred nodes, so that one endpoint in a hundred is on our own.

export const NODE_COUNT = 100;

/** The node that the measured proxy is on. */
export const OWN_NODE = nodeName(0);

/** Holds all pods. */
export const CLUSTER_CIDR = '10.128.0.0/9';

/** Holds all ClusterIPs: a /12. */
export const SERVICE_CIDR = '10.96.0.0/12';

const ZONES = ['zone-a', 'zone-b', 'zone-c'] as const;

export interface Pod {
  readonly ip: string;
  readonly name: string;
  readonly node: string;
  readonly zone: string;
}

/** The pod with this number, from 0: on each node the pods are numbered through a /16. */
export function podOf(number: number): Pod {
  const node = number % NODE_COUNT;
  const onNode = Math.floor(number / NODE_COUNT) + 1;
  return {
    ip: `10.${128 + node}.${onNode >> 8}.${onNode & 255}`,
    name: `pod-${number}`,
    node: nodeName(node),
    zone: zoneOf(node),
  };
}

export function zoneOf(node: number): string {
  return ZONES[node % ZONES.length] ?? ZONES[0];
}

/** The address with this index in the /12 of ClusterIPs. */
export function clusterIpOf(index: number): string {
  return `10.${96 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
}

function nodeName(node: number): string {
  return `node-${node + 1}`;
}
