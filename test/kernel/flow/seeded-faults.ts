// Planners with a fault each, as changes of what the real one plans, and the case of the table that must notice. A suite that
// lets one of them pass proves nothing.
import type { CaughtFault } from './catching.ts';
import type { PlanChanger } from './direct-drive.ts';
import { loadBalancerIpsOf } from './flow-service.ts';
import {
  allReady,
  cluster,
  isOn,
  local,
  localReady,
  withEndpoints,
  withFrontends,
  withLoadBalancerIp,
  withOtherWinner,
  withoutAllowedVips,
  withoutFrontends,
  withSourceCidr,
  withVerdict,
} from './plan-changes.ts';
import { nodeIps } from './world.ts';

export interface SeededFault extends CaughtFault, PlanChanger {
  /** It is about NodePorts on 127.0.0.1, which no other mode has. */
  readonly isOfIptables?: true;
}

const CLUSTER_IP = 'ClusterIP, policy Cluster, endpoints all ready';
const CLUSTER_IP_LOCAL = 'ClusterIP, policy Local, endpoints all ready';
const NODE_PORT = 'NodePort, policy Cluster, endpoints all ready';
const NODE_PORT_LOCAL = 'NodePort, policy Local, endpoints all ready';
const VIP_LOCAL = 'load-balancer IP, policy Local, endpoints all ready';

export const SEEDED_FAULTS: readonly SeededFault[] = [
  {
    name: 'does not masquerade clients outside',
    service: (plan) => ({ ...plan, external: local('balance'), localEndpoints: plan.clusterEndpoints }),
    caughtBy: [NODE_PORT, 'a client outside reaches'],
    symptom: /sees 198\.51\.100\.10|ETIMEDOUT/,
  },
  {
    name: 'masquerades clients outside under policy Local',
    service: (plan) => ({ ...plan, external: cluster('balance'), clusterEndpoints: plan.localEndpoints }),
    caughtBy: [VIP_LOCAL, 'a client outside reaches'],
    symptom: /sees 192\.0\.2\.11, not 198\.51\.100\.10/,
  },
  {
    name: 'does not masquerade clients outside that use a ClusterIP',
    global: (plan) => ({ ...plan, localDetector: { kind: 'none' } }),
    caughtBy: ['local detector', 'ClusterCIDR takes pods for pods: ClusterIPs'],
    symptom: /sees 198\.51\.100\.10/,
  },
  {
    name: 'masquerades everybody on ClusterIPs',
    global: (plan) => ({ ...plan, masqueradeAll: true }),
    caughtBy: [CLUSTER_IP, 'a pod on a node with endpoints'],
    symptom: /sees 192\.0\.2\.11, not 10\.244\.1\.17/,
  },
  {
    name: 'forgets masqueradeAll',
    global: (plan) => ({ ...plan, masqueradeAll: false }),
    caughtBy: ['local detector', 'masqueradeAll masquerades pods too, on ClusterIPs only: ClusterIPs'],
    symptom: /sees 10\.244\.7\.1, not 192\.0\.2\.17/,
  },
  {
    name: 'takes NodeCIDR for ClusterCIDR',
    global: (plan, node) => (node === 'node-2' ? withSourceCidr(plan, '10.244.0.0/16') : plan),
    caughtBy: ['a pod of another node', 'is a client outside to NodeCIDR'],
    symptom: /pod-2-2:8080 is not reached/,
  },
  {
    name: 'takes ClusterCIDR for NodeCIDR',
    global: (plan, node) => (node === 'node-1' ? withSourceCidr(plan, '10.244.1.0/24') : plan),
    caughtBy: ['a pod of another node', 'is a pod to ClusterCIDR'],
    symptom: /pod-1-2:8080 must not be reached/,
  },
  {
    name: 'takes a bridge for a prefix of links',
    global: (plan) => ({ ...plan, localDetector: { kind: 'input-interface-prefix', prefix: 'veth' } }),
    caughtBy: ['local detector', 'BridgeInterface takes for pods who is on the bridge: ClusterIPs'],
    symptom: /sees 10\.244\.4\.2, not 192\.0\.2\.14/,
  },
  {
    name: 'takes the internal policy Local for Cluster',
    service: (plan) => ({ ...plan, internal: cluster('balance'), clusterEndpoints: allReady(plan) }),
    caughtBy: [CLUSTER_IP_LOCAL, 'a pod on a node with endpoints'],
    symptom: /pod-2-1:8080 must not be reached/,
  },
  {
    name: 'takes the internal policy Cluster for Local',
    service: (plan, node) => ({
      ...plan,
      internal: local('balance'),
      localEndpoints: localReady(plan, node),
    }),
    caughtBy: [CLUSTER_IP, 'a pod on a node with endpoints'],
    symptom: /pod-2-1:8080 is not reached/,
  },
  {
    name: 'takes the external policy Local for Cluster',
    service: (plan) => ({ ...plan, external: cluster('balance') }),
    caughtBy: [NODE_PORT_LOCAL, 'a client outside reaches'],
    symptom: /pod-2-1:8080 must not be reached/,
  },
  {
    name: 'takes the external policy Cluster for Local',
    service: (plan, node) => ({
      ...plan,
      external: local('balance'),
      localEndpoints: localReady(plan, node),
    }),
    caughtBy: [NODE_PORT, 'a client outside reaches'],
    symptom: /pod-2-1:8080 is not reached/,
  },
  {
    name: 'swaps the local endpoints with the others',
    service: (plan, node) => ({
      ...plan,
      localEndpoints: allReady(plan).filter((endpoint) => !isOn(node, endpoint)),
    }),
    caughtBy: [CLUSTER_IP_LOCAL, 'a pod on a node with endpoints'],
    symptom: /pod-2-1:8080 must not be reached/,
  },
  {
    name: 'lets pods pass a Local policy to local endpoints only',
    service: (plan) => ({ ...plan, clusterEndpoints: plan.localEndpoints }),
    caughtBy: [VIP_LOCAL, 'a pod on a node with endpoints'],
    symptom: /pod-2-1:8080 is not reached/,
  },
  {
    name: 'rejects instead of dropping where no endpoint is local',
    service: (plan) => ({ ...plan, internal: withVerdict(plan.internal, 'drop', 'reject') }),
    caughtBy: ['ClusterIP, policy Local, endpoints none local', 'a pod on a node with endpoints'],
    symptom: /ECONNREFUSED instead of ETIMEDOUT/,
  },
  {
    name: 'drops instead of rejecting on ClusterIPs without endpoints',
    service: (plan) => ({ ...plan, internal: withVerdict(plan.internal, 'reject', 'drop') }),
    caughtBy: ['ClusterIP, policy Cluster, endpoints none at all', 'a pod on a node with endpoints'],
    symptom: /ETIMEDOUT instead of ECONNREFUSED/,
  },
  {
    name: 'drops instead of rejecting on external addresses without endpoints',
    service: (plan) => ({ ...plan, external: withVerdict(plan.external, 'reject', 'drop') }),
    caughtBy: ['external IP, policy Cluster, endpoints none at all', 'a client outside'],
    symptom: /ETIMEDOUT instead of ECONNREFUSED/,
  },
  {
    name: 'leaves the hairpin unmarked',
    service: (plan) => withEndpoints(plan, (endpoint) => ({ ...endpoint, isHairpinPossible: false })),
    caughtBy: [CLUSTER_IP, 'a pod that is an endpoint itself'],
    symptom: /ETIMEDOUT/,
  },
  {
    name: 'leaves the hairpin of endpoints without a node name unmarked',
    service: (plan) =>
      withEndpoints(plan, (endpoint) => ({
        ...endpoint,
        isHairpinPossible: endpoint.isHairpinPossible && endpoint.record.nodeName !== '',
      })),
    caughtBy: ['endpoints without a node name', 'reach themselves, masqueraded'],
    symptom: /ETIMEDOUT/,
  },
  {
    name: 'counts endpoints without a node name as local',
    service: (plan, node) => ({
      ...plan,
      localEndpoints: allReady(plan).filter(({ record }) => ['', node].includes(record.nodeName)),
    }),
    caughtBy: ['endpoints without a node name', 'are local to no node'],
    // The one on another node answers past us, which the client does not understand.
    symptom: /pod-1-1:8080 must not be reached|ETIMEDOUT/,
  },
  {
    name: 'uses terminating endpoints beside ready ones',
    service: (plan) => ({
      ...plan,
      clusterEndpoints: plan.allEndpoints.filter(({ record }) => record.serving),
    }),
    caughtBy: [
      'ClusterIP, policy Cluster, endpoints the local ones terminating, others ready',
      'a pod on a node with',
    ],
    symptom: /pod-1-1:8080 must not be reached/,
  },
  {
    name: 'never uses terminating endpoints',
    service: (plan) => ({ ...plan, clusterEndpoints: [], internal: cluster('reject') }),
    caughtBy: [
      'ClusterIP, policy Cluster, endpoints all terminating and serving',
      'a pod on a node with endpoints',
    ],
    symptom: /ECONNREFUSED/,
  },
  {
    name: 'uses endpoints that are not ready',
    service: (plan) => ({ ...plan, clusterEndpoints: plan.allEndpoints }),
    caughtBy: ['ClusterIP, policy Cluster, endpoints some not ready', 'a pod on a node with endpoints'],
    symptom: /pod-1-2:8080 must not be reached/,
  },
  {
    name: 'ignores hints',
    service: (plan) => ({ ...plan, clusterEndpoints: allReady(plan) }),
    caughtBy: ['hints for zones', 'keep traffic in the zone'],
    symptom: /pod-2-1:8080 must not be reached/,
  },
  {
    name: 'follows hints though one is missing',
    service: (plan) => ({
      ...plan,
      clusterEndpoints: allReady(plan).filter(({ record }) => record.zoneHints.includes('zone-a')),
    }),
    caughtBy: ['hints', 'are disabled by one ready endpoint without'],
    symptom: /pod-2-1:8080 is not reached/,
  },
  {
    name: 'applies hints to the Local policy',
    service: (plan) => ({
      ...plan,
      localEndpoints: plan.localEndpoints.filter((endpoint) => plan.clusterEndpoints.includes(endpoint)),
    }),
    caughtBy: ['hints for zones', 'are disregarded by a Local policy'],
    symptom: /pod-1-2:8080 is not reached/,
  },
  {
    name: 'ignores source ranges',
    service: (plan) => ({ ...plan, allowedSources: undefined }),
    caughtBy: ['source ranges', 'drop other clients'],
    symptom: /answered/,
  },
  {
    name: 'lets nobody in the source ranges pass',
    service: (plan) => ({ ...plan, allowedSources: plan.allowedSources && [] }),
    caughtBy: ['source ranges', 'let clients in them pass'],
    symptom: /ETIMEDOUT/,
  },
  {
    name: 'does not let the node pass from the load-balancer IP',
    service: (plan) => withoutAllowedVips(plan),
    caughtBy: ['source ranges that hold the node', 'let the node pass that has the load-balancer IP itself'],
    symptom: /ETIMEDOUT|EPERM/,
  },
  {
    name: 'forgets affinity',
    service: (plan) => ({ ...plan, affinitySeconds: 0 }),
    caughtBy: [`${CLUSTER_IP}, affinity`, 'a pod on a node with endpoints'],
    symptom: /does not stick to one endpoint/,
  },
  {
    name: 'gives everybody affinity',
    service: (plan) => ({ ...plan, affinitySeconds: 600 }),
    caughtBy: [CLUSTER_IP, 'a pod on a node with endpoints'],
    symptom: /is not reached/,
  },
  {
    name: 'serves NodePorts on all addresses in spite of nodePortAddresses',
    global: (plan) => ({ ...plan, nodePortAddresses: { kind: 'all' } }),
    caughtBy: ['NodePorts', 'on primary, the second'],
    symptom: /answered/,
  },
  {
    name: 'serves NodePorts on the primary address only',
    global: (plan, node) => ({
      ...plan,
      nodePortAddresses: { kind: 'only', ips: plan.nodeAddresses.filter((ip) => ip === nodeIps(node).IPv4) },
    }),
    caughtBy: ['NodePorts', 'on all addresses, the second'],
    symptom: /ECONNREFUSED/,
  },
  {
    name: 'serves NodePorts on localhost in spite of localhostNodePorts',
    isOfIptables: true,
    global: (plan) => ({ ...plan, hasLocalhostNodePorts: true }),
    caughtBy: ['NodePorts', 'on all addresses without localhost, 127.0.0.1'],
    symptom: /answered/,
  },
  {
    name: 'does not serve NodePorts on localhost',
    isOfIptables: true,
    global: (plan) => ({ ...plan, hasLocalhostNodePorts: false }),
    caughtBy: ['NodePorts', 'on all addresses, 127.0.0.1'],
    symptom: /ECONNREFUSED/,
  },
  {
    name: 'forgets load-balancer IPs',
    service: (plan) => withoutFrontends(plan, 'LoadBalancerIP'),
    caughtBy: [VIP_LOCAL, 'a client outside reaches'],
    symptom: /ETIMEDOUT/,
  },
  {
    name: 'serves load-balancer IPs with ipMode Proxy',
    service: (plan) =>
      plan.name.name === 'ip-mode-proxy' ? withLoadBalancerIp(plan, loadBalancerIpsOf(161).IPv4) : plan,
    caughtBy: ['not a Service address:', 'a load-balancer IP with ipMode Proxy'],
    symptom: /answered/,
  },
  {
    name: 'takes a ClusterIP for an external IP',
    service: (plan) => withFrontends(plan, (frontend) => ({ ...frontend, kind: 'ExternalIP' })),
    caughtBy: ['a ClusterIP', 'rejects ports that no Service has'],
    symptom: /ETIMEDOUT instead of ECONNREFUSED/,
  },
  {
    name: 'forgets the ServiceCIDRs',
    global: (plan) => ({ ...plan, serviceCidrs: [] }),
    caughtBy: ['a ClusterIP', 'that no Service has drops everything'],
    // A sender on the node is told of a drop at once, and of a loss on the way never.
    symptom: /ETIMEDOUT instead of EPERM/,
  },
  {
    name: 'gives a contested address to the younger Service',
    service: (plan) => withOtherWinner(plan, 'z-elder', 'younger-rival'),
    caughtBy: ['of two Services that claim one address and port', 'the older one wins'],
    symptom: /pod-2-1:8080 must not be reached/,
  },
  {
    name: 'takes UDP for SCTP',
    service: (plan) =>
      withFrontends(plan, (frontend) =>
        frontend.protocol === 'UDP' ? { ...frontend, protocol: 'SCTP' } : frontend,
      ),
    caughtBy: ['ports', 'of one number are two service ports for TCP and UDP'],
    symptom: /UDP: ECONNREFUSED/,
  },
  {
    name: 'sends everybody to the port of the first endpoint',
    service: (plan) => {
      const port = plan.allEndpoints[0]?.port ?? 0;
      return withEndpoints(plan, (endpoint) => ({ ...endpoint, port }));
    },
    caughtBy: ['endpoints in several slices', 'are one set'],
    symptom: /is not reached/,
  },
  {
    name: 'forgets the last endpoint',
    service: (plan) => ({ ...plan, clusterEndpoints: plan.clusterEndpoints.slice(0, -1) }),
    caughtBy: ['two dozen endpoints', 'are all reached'],
    symptom: /is not reached/,
  },
];
