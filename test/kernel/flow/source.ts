// Who connects, and through which node: that node's rules decide what happens to the packets.
import {
  CLIENT_IPS,
  type DualStack,
  type NodeName,
  nodeIps,
  nodeOfPod,
  type PodName,
  podIps,
  secondIps,
} from './world.ts';

export interface Source {
  /** For sentences: `a pod on node-1`. */
  readonly label: string;
  /** A pod, a node or `client`. */
  readonly place: PodName | NodeName | 'client';
  /** The node whose rules see the packets. */
  readonly node: NodeName;
  readonly ips: DualStack;
  /** The sockets are bound to `ips`; otherwise the kernel chooses these by itself. */
  readonly isBound: boolean;
}

export function pod(place: PodName, label = `a pod on ${nodeOfPod(place)}`): Source {
  return { label, place, node: nodeOfPod(place), ips: podIps(place), isBound: false };
}

/** A pod that connects to an address of another node: its own node has no rule for that. */
export function podThrough(place: PodName, node: NodeName): Source {
  return { ...pod(place), label: `a pod on ${nodeOfPod(place)} through ${node}`, node };
}

/** A process of the node itself, from the node's second address, so that masquerading shows. */
export function nodeItself(node: NodeName): Source {
  return { label: `${node} itself`, place: node, node, ips: secondIps(node), isBound: true };
}

/** A process of the node that leaves the choice of its address to the kernel. */
export function nodeFromItsAddress(node: NodeName, ips: DualStack = nodeIps(node)): Source {
  return { label: `${node} from its address`, place: node, node, ips, isBound: false };
}

/** The client outside of the cluster. */
export function outside(node: NodeName, ips: DualStack = CLIENT_IPS): Source {
  return { label: `a client outside through ${node}`, place: 'client', node, ips, isBound: true };
}
