// The two populations that everything is measured with. Seeded: every run has the same objects.
import { clusterIpOf } from './nodes.ts';
import { distinct, type Random, seededRandom } from './random.ts';
import type { LoadBalancer, PopulationPort, PopulationService } from './service-spec.ts';

const SEED = 1;

/** Addresses in the /12 without the first 256, which clusters use for the API server and DNS. */
const CLUSTER_IP_COUNT = 2 ** 20 - 256;

const FIRST_NODE_PORT = 30_000;
const NODE_PORT_COUNT = 2_768;

const MAX_PODS = 250;

/** `count` Services with one port and `pods` endpoints each. */
export function uniformServices(count: number, pods: number): PopulationService[] {
  const clusterIps = clusterIpDrawer(seededRandom(SEED));
  return Array.from({ length: count }, (_, i) => ({
    name: `service-${i}`,
    clusterIp: clusterIps(),
    ports: [{ name: '', port: 80, targetPort: 8080, nodePort: 0 }],
    pods: Array.from({ length: pods }, (_, j) => i * pods + j),
    loadBalancer: undefined,
    hasAffinity: false,
  }));
}

/**
 * Services as clusters have them: 1 to 5 ports, 0 to 250 endpoints with a median of 3 and a mean of about 7, one in ten a
 * LoadBalancer with NodePorts, half of these with the Local policy, one in twenty with affinity.
 */
export function mixedServices(count: number): PopulationService[] {
  const random = seededRandom(SEED);
  const clusterIps = clusterIpDrawer(random);
  const nodePorts = distinct(random, NODE_PORT_COUNT);
  let pods = 0;
  return Array.from({ length: count }, (_, i) => {
    const podCount = drawPodCount(random);
    const firstPod = pods;
    pods += podCount;
    const isLoadBalancer = random.chance(0.1);
    const drawNodePort = () => FIRST_NODE_PORT + nodePorts();
    return {
      name: `service-${i}`,
      clusterIp: clusterIps(),
      ports: drawPorts(random, isLoadBalancer ? drawNodePort : () => 0),
      pods: Array.from({ length: podCount }, (_, j) => firstPod + j),
      loadBalancer: isLoadBalancer ? drawLoadBalancer(random, i, drawNodePort) : undefined,
      hasAffinity: random.chance(0.05),
    };
  });
}

function clusterIpDrawer(random: Random): () => string {
  const draw = distinct(random, CLUSTER_IP_COUNT);
  return () => clusterIpOf(256 + draw());
}

/** One in twenty has none; the others are log-normal. */
function drawPodCount(random: Random): number {
  if (random.chance(0.05)) return 0;
  return Math.min(MAX_PODS, Math.max(1, Math.round(Math.exp(1.2 + 1.2 * random.normal()))));
}

/** Two Services in three have one port. */
function drawPorts(random: Random, nodePort: () => number): PopulationPort[] {
  let count = 1;
  while (count < 5 && random.chance(1 / 3)) count++;
  return Array.from({ length: count }, (_, i) => ({
    name: count === 1 ? '' : `port-${i}`,
    port: 80 + i,
    targetPort: 8080 + i,
    nodePort: nodePort(),
  }));
}

function drawLoadBalancer(random: Random, i: number, nodePort: () => number): LoadBalancer {
  return {
    ip: `203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
    healthCheckNodePort: random.chance(0.5) ? nodePort() : 0,
  };
}
