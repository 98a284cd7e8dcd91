// What the configuration of a node decides: local detectors (KP 3.6), masqueradeAll (KP 3.5), nodePortAddresses and localhost
// NodePorts (KP 3.8, 3.15). The configurations are in world.ts.
import { type EndpointName, REFUSED_BY_HOST, reaches } from '../expectation.ts';
import { type FlowCase, type FlowGroup, probesOf, reachProbes } from '../flow-case.ts';
import { type FlowService, flowService, manifestsOf, ready } from '../flow-service.ts';
import { nodeFromItsAddress, nodeItself, outside, pod, podThrough, type Source } from '../source.ts';
import {
  type DualStack,
  FAR_IPS,
  type Family,
  type NodeName,
  nodeIps,
  type PodName,
  secondIps,
} from '../world.ts';

export function nodeSettingGroups(): FlowGroup[] {
  return [detectors(), podsOfOtherNodes(), nodePortAddresses()];
}

/** An endpoint on each node, none of them a client of the cases here. */
const EVERYWHERE: Readonly<Record<NodeName, EndpointName>> = {
  'node-1': 'pod-1-1:8080',
  'node-2': 'pod-2-1:8080',
  'node-3': 'pod-3-3:8080',
  'node-4': 'pod-4-3:8080',
  'node-5': 'pod-5-3:8080',
  'node-6': 'pod-6-3:8080',
  'node-7': 'pod-7-3:8080',
};

/** What a node takes a client for. */
interface Treatment {
  readonly from: Source;
  /** What the endpoint sees of a client of a ClusterIP. */
  readonly isMasqueraded: boolean;
  /** Passes an external Local policy: pods, and the node itself. */
  readonly isInside: boolean;
  readonly families?: readonly Family[];
}

/**
 * Masquerading is asked of ClusterIPs with internal policy Local, so that answers find their way back through the node
 * whether the endpoint sees the client or not.
 */
const TREATMENTS: Readonly<Record<string, readonly Treatment[]>> = {
  'ClusterCIDR takes pods for pods': [
    { from: pod('pod-1-17'), isMasqueraded: false, isInside: true },
    { from: nodeItself('node-1'), isMasqueraded: true, isInside: true },
    { from: outside('node-1'), isMasqueraded: true, isInside: false },
  ],
  'NodeCIDR takes pods of the node for pods': [
    { from: pod('pod-2-18'), isMasqueraded: false, isInside: true },
    { from: nodeItself('node-2'), isMasqueraded: true, isInside: true },
    { from: outside('node-2'), isMasqueraded: true, isInside: false },
  ],
  'BridgeInterface takes for pods who is on the bridge': [
    { from: pod('pod-4-1', 'a pod on the bridge'), isMasqueraded: false, isInside: true },
    { from: pod('pod-4-2', 'a pod not on the bridge'), isMasqueraded: true, isInside: false },
    { from: nodeItself('node-4'), isMasqueraded: true, isInside: true },
    { from: outside('node-4'), isMasqueraded: true, isInside: false },
  ],
  'InterfaceNamePrefix takes for pods who is behind such a link': [
    { from: pod('pod-5-1'), isMasqueraded: false, isInside: true },
    { from: nodeItself('node-5'), isMasqueraded: true, isInside: true },
    { from: outside('node-5'), isMasqueraded: true, isInside: false },
  ],
  'without a detector nobody is masqueraded and no pod is known': [
    { from: pod('pod-6-1'), isMasqueraded: false, isInside: false },
    { from: nodeItself('node-6'), isMasqueraded: false, isInside: true },
    { from: outside('node-6'), isMasqueraded: false, isInside: false },
  ],
  'masqueradeAll masquerades pods too, on ClusterIPs only': [
    { from: pod('pod-7-1'), isMasqueraded: true, isInside: true, families: ['IPv4'] },
    { from: nodeItself('node-7'), isMasqueraded: true, isInside: true, families: ['IPv4'] },
    { from: outside('node-7'), isMasqueraded: true, isInside: false, families: ['IPv4'] },
  ],
  'masqueradeAll needs no detector, and a ClusterCIDR of one family detects nobody of the other': [
    { from: pod('pod-7-1'), isMasqueraded: true, isInside: false, families: ['IPv6'] },
    { from: nodeItself('node-7'), isMasqueraded: true, isInside: true, families: ['IPv6'] },
    { from: outside('node-7'), isMasqueraded: true, isInside: false, families: ['IPv6'] },
  ],
};

function detectors(): FlowGroup {
  const service = flowService({
    ...{ number: 201, name: 'everywhere', type: 'LoadBalancer' },
    ...{ internalPolicy: 'Local', externalPolicy: 'Local' },
    endpoints: ready(...Object.values(EVERYWHERE)),
  });
  return {
    name: 'local detector',
    manifests: manifestsOf(service),
    cases: Object.entries(TREATMENTS).flatMap(([name, treatments]) => [
      {
        name: `${name}: ClusterIPs`,
        probes: treatments.flatMap((treatment) => internal(service, treatment)),
      },
      {
        name: `${name}: external policy Local`,
        probes: treatments.flatMap((treatment) => external(service, treatment)),
      },
    ]),
  };
}

function internal(service: FlowService, treatment: Treatment) {
  return reachProbes({ ...treatment, service, endpoints: localEndpoint(treatment.from) });
}

function external(service: FlowService, treatment: Treatment) {
  const { from, isInside } = treatment;
  const endpoints = isInside ? Object.values(EVERYWHERE) : localEndpoint(from);
  const isMasqueraded = from.place === from.node;
  return reachProbes({ ...treatment, service, kind: 'load-balancer IP', isMasqueraded, endpoints });
}

function localEndpoint({ node }: Source): EndpointName[] {
  const endpoint = EVERYWHERE[node];
  return endpoint ? [endpoint] : [];
}

/**
 * A pod of node-3 at the NodePort of another node. Whether that node takes it for a pod shows in whether it follows the
 * hints, as pods that pass a Local policy do; all endpoints are on that node, for the answers' way back.
 */
function podsOfOtherNodes(): FlowGroup {
  const hinted = (number: number, kept: EndpointName, passedBy: EndpointName, zone: string) =>
    flowService({
      ...{ number, name: `hinted-${number}`, type: 'NodePort', externalPolicy: 'Local' },
      endpoints: [
        { name: kept, zoneHints: [zone] },
        { name: passedBy, zoneHints: ['zone-z'] },
      ],
    });
  const onNode1 = hinted(202, 'pod-1-1:8080', 'pod-1-2:8080', 'zone-a');
  const onNode2 = hinted(203, 'pod-2-1:8080', 'pod-2-2:8080', 'zone-b');
  const nodePort = (service: FlowService, from: Source, endpoints: readonly EndpointName[]) =>
    reachProbes({ service, kind: 'NodePort', from, endpoints });
  const stranger: PodName = 'pod-3-1';
  return {
    name: 'a pod of another node',
    manifests: manifestsOf(onNode1, onNode2),
    cases: [
      {
        name: 'is a pod to ClusterCIDR',
        probes: nodePort(onNode1, podThrough(stranger, 'node-1'), ['pod-1-1:8080']),
      },
      {
        name: 'is a client outside to NodeCIDR',
        probes: nodePort(onNode2, podThrough(stranger, 'node-2'), ['pod-2-1:8080', 'pod-2-2:8080']),
      },
      {
        name: 'differs from the pods of the node to NodeCIDR',
        probes: nodePort(onNode2, pod('pod-2-18'), ['pod-2-1:8080']),
      },
    ],
  };
}

const NODE_PORT_ENDPOINTS: readonly EndpointName[] = ['pod-1-1:8080', 'pod-2-1:8080'];
const LOCALHOST: DualStack = { IPv4: '127.0.0.1', IPv6: '::1' };
const IPV4_ONLY: readonly Family[] = ['IPv4'];
const IPV6_ONLY: readonly Family[] = ['IPv6'];

function nodePortAddresses(): FlowGroup {
  const service = flowService({
    ...{ number: 211, name: 'node-port-addresses', type: 'NodePort' },
    endpoints: ready(...NODE_PORT_ENDPOINTS),
  });
  const served = (name: string, from: Source, ips: DualStack, families?: readonly Family[]): FlowCase => ({
    name: `${name}: served`,
    probes: probesOf({
      ...{ from, to: { ips, port: service.nodePort } },
      ...(families && { families }),
      expected: (family) => reaches({ from, endpoints: NODE_PORT_ENDPOINTS, isMasqueraded: true }, family),
    }),
  });
  const refused = (name: string, from: Source, ips: DualStack, families?: readonly Family[]): FlowCase => ({
    name: `${name}: refused by the host`,
    probes: probesOf({
      ...{ from, to: { ips, port: service.nodePort } },
      ...(families && { families }),
      expected: () => REFUSED_BY_HOST,
    }),
  });
  const loopback = (node: NodeName) => nodeFromItsAddress(node, LOCALHOST);
  // Only IPv4: the IPv6 gateway is a link-local address, to which packets cannot be routed.
  const gateway = { IPv4: '169.254.1.1', IPv6: '' };
  return {
    name: 'NodePorts',
    manifests: manifestsOf(service),
    cases: [
      served('on all addresses, the first', outside('node-1'), nodeIps('node-1')),
      served('on all addresses, the second', outside('node-1'), secondIps('node-1')),
      served('on all addresses, what pods see as their gateway', pod('pod-1-17'), gateway, IPV4_ONLY),
      served('on all addresses, 127.0.0.1', loopback('node-1'), LOCALHOST, IPV4_ONLY),
      served('on all addresses, 127.9.9.9', loopback('node-1'), { IPv4: '127.9.9.9', IPv6: '' }, IPV4_ONLY),
      refused('on all addresses, ::1', loopback('node-1'), LOCALHOST, IPV6_ONLY),
      served('on all addresses without localhost, the second', outside('node-4'), secondIps('node-4')),
      refused('on all addresses without localhost, 127.0.0.1', loopback('node-4'), LOCALHOST, IPV4_ONLY),
      served('on primary, the first', outside('node-2'), nodeIps('node-2')),
      refused('on primary, the second', outside('node-2'), secondIps('node-2')),
      refused('on primary, localhost', loopback('node-2'), LOCALHOST),
      served('on 192.0.2.0/24, the first', outside('node-3'), nodeIps('node-3')),
      served('on 192.0.2.0/24, another in it', outside('node-3'), secondIps('node-3')),
      refused('on 192.0.2.0/24, one outside of it', outside('node-3'), FAR_IPS, IPV4_ONLY),
      served('on 192.0.2.0/24, any of IPv6', outside('node-3'), FAR_IPS, IPV6_ONLY),
      refused('on 192.0.2.0/24, localhost', loopback('node-3'), LOCALHOST),
      served('on 127.0.0.0/8, 127.0.0.1', loopback('node-5'), LOCALHOST, IPV4_ONLY),
      refused('on 127.0.0.0/8, the first', outside('node-5'), nodeIps('node-5'), IPV4_ONLY),
      served('on 127.0.0.0/8, any of IPv6', outside('node-5'), nodeIps('node-5'), IPV6_ONLY),
    ],
  };
}
