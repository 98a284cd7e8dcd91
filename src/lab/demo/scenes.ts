// The scenes of the demo, by Service. What is expected is written down here by hand, from what Kubernetes promises.
import type { Destination, Place } from '../place.ts';
import { clusterIpsOf, type DemoCluster, loadBalancerIpsOf, WEB_PODS } from './demo-cluster.ts';
import type { Scene } from './scene.ts';

export interface Act {
  readonly title: string;
  readonly scenes: readonly Scene[];
}

const FAMILIES = ['IPv4', 'IPv6'] as const;
type Family = (typeof FAMILIES)[number];

export function acts(cluster: DemoCluster): Act[] {
  return [clusterIpAct(cluster), nodePortAct(cluster), loadBalancerAct(cluster), affinityAct(cluster)];
}

function clusterIpAct({ lab, controlPlane }: DemoCluster): Act {
  const ips = clusterIpsOf(controlPlane, 'web');
  return {
    title: 'web: a ClusterIP. Every pod gets its share and sees who asks.',
    scenes: FAMILIES.flatMap((family, i) => [
      ask(lab.pod('shell'), { to: ips[i] ?? '', port: 80 }, family),
      ask(lab.node('node-2'), { to: ips[i] ?? '', port: 80 }, family),
    ]),
  };
}

function nodePortAct({ lab }: DemoCluster): Act {
  return {
    title:
      'web-nodeport: a port on every node. The node that is asked answers for all, with its own address.',
    scenes: FAMILIES.flatMap((family) =>
      lab.nodes.map((node) => ({
        ...ask(lab.client, { to: node.ips[family], port: 30080 }, family),
        source: node.ips[family],
      })),
    ),
  };
}

function loadBalancerAct({ lab, controlPlane }: DemoCluster): Act {
  const ips = loadBalancerIpsOf(controlPlane, 'web-public');
  return {
    title:
      'web-public: a load balancer with externalTrafficPolicy: Local. Pods see the client; a node without pods is silent.',
    scenes: FAMILIES.flatMap((family, i) =>
      lab.nodes.map((node) => ({
        ...ask(lab.client, { to: ips[i] ?? '', port: 80, via: node.name }, family),
        pods: podsOn(node),
      })),
    ),
  };
}

function affinityAct({ lab, controlPlane }: DemoCluster): Act {
  const ips = clusterIpsOf(controlPlane, 'web-sticky');
  return {
    title: 'web-sticky: session affinity. A client stays with its pod.',
    scenes: FAMILIES.flatMap((family, i) =>
      [lab.pod('shell'), lab.node('node-1')].map((from) => ({
        ...ask(from, { to: ips[i] ?? '', port: 80 }, family),
        share: 'one' as const,
      })),
    ),
  };
}

function ask(from: Place, destination: Destination, family: Family): Scene {
  return {
    from,
    destination,
    pods: WEB_PODS.map(({ name }) => name),
    share: 'even',
    source: from.ips[family],
  };
}

function podsOn(node: Place): string[] {
  return WEB_PODS.filter((pod) => pod.node === node.name).map(({ name }) => name);
}
