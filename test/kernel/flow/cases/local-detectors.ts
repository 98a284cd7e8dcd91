// Whom a node takes for a pod of its own (KP 3.6), and masqueradeAll (KP 3.5). The configurations are in world.ts.
import type { EndpointName } from '../expectation.ts';
import { type FlowGroup, reachCase, reachProbes } from '../flow-case.ts';
import { type FlowService, flowService, ready } from '../flow-service.ts';
import { manifestsOf } from '../manifests.ts';
import { nodeItself, outside, pod, podThrough, type Source } from '../source.ts';
import type { Family, NodeName } from '../world.ts';
import { FAR, FAR_2, NEAR, NEAR_2, onNode1, onNode2 } from './cast.ts';

export function localDetectorGroups(): FlowGroup[] {
  return [detectors(), podsOfOtherNodes()];
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
    { from: onNode1, isMasqueraded: false, isInside: true },
    { from: nodeItself('node-1'), isMasqueraded: true, isInside: true },
    { from: outside('node-1'), isMasqueraded: true, isInside: false },
  ],
  'NodeCIDR takes pods of the node for pods': [
    { from: onNode2, isMasqueraded: false, isInside: true },
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
    number: 201,
    name: 'everywhere',
    type: 'LoadBalancer',
    internalPolicy: 'Local',
    externalPolicy: 'Local',
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
  const ofNode1 = hintedService(202, [NEAR, NEAR_2], 'zone-a');
  const ofNode2 = hintedService(203, [FAR, FAR_2], 'zone-b');
  const kind = 'NodePort';
  return {
    name: 'a pod of another node',
    manifests: manifestsOf(ofNode1, ofNode2),
    cases: [
      reachCase('is a pod to ClusterCIDR', {
        service: ofNode1,
        kind,
        from: podThrough('pod-3-1', 'node-1'),
        endpoints: [NEAR],
      }),
      reachCase('is a client outside to NodeCIDR', {
        service: ofNode2,
        kind,
        from: podThrough('pod-3-1', 'node-2'),
        endpoints: [FAR, FAR_2],
      }),
      reachCase('differs from the pods of the node to NodeCIDR', {
        service: ofNode2,
        kind,
        from: onNode2,
        endpoints: [FAR],
      }),
    ],
  };
}

/** Hints keep those who follow them to the first endpoint. */
function hintedService(
  number: number,
  [followed, passedBy]: [EndpointName, EndpointName],
  zone: string,
): FlowService {
  return flowService({
    number,
    name: `hinted-${number}`,
    type: 'NodePort',
    externalPolicy: 'Local',
    endpoints: [
      { name: followed, zoneHints: [zone] },
      { name: passedBy, zoneHints: ['zone-z'] },
    ],
  });
}
