// What an endpoint-slice controller knows of a pod: the lab has no Pod objects, kubelet's part is played by whoever
// calls setPod.
import type { DualStack, PodHost } from '../wires/topology.ts';

export interface PodState {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ips: DualStack;
  readonly nodeName: string;
  /** Empty for none. */
  readonly zone: string;
  readonly isReady: boolean;
  /** It has a deletionTimestamp. Still ready means that it still serves. */
  readonly isTerminating: boolean;
}

/** A pod of the lab, ready, in the namespace `default`. */
export function podStateOf({ name, labels, ips, node }: PodHost): PodState {
  return {
    name,
    namespace: 'default',
    labels,
    ips,
    nodeName: node.name,
    zone: node.zone,
    isReady: true,
    isTerminating: false,
  };
}
