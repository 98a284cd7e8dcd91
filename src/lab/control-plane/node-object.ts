// The Node object that a kubelet would register for a node of the lab.
import type { Draft } from '../api-server/objects.ts';
import type { NodeHost } from '../wires/topology.ts';

export function nodeObject({ name, ips, podCidrs, zone }: NodeHost): Draft {
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, ...(zone ? { 'topology.kubernetes.io/zone': zone } : {}) },
    },
    spec: { podCIDR: podCidrs.IPv4, podCIDRs: [podCidrs.IPv4, podCidrs.IPv6] },
    status: {
      addresses: [
        { type: 'InternalIP', address: ips.IPv4 },
        { type: 'InternalIP', address: ips.IPv6 },
        { type: 'Hostname', address: name },
      ],
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    },
  };
}
