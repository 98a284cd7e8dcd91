// Which endpoints count: topology hints (KEP-2433, KEP-3015; KP 3.4), several slices and ports (KP 3.3), endpoints without a
// node name, endpoints on the host network. All with default policies unless a name says otherwise.
import { type EndpointName, reaches } from '../expectation.ts';
import { type FlowCase, type FlowGroup, probesOf, type ReachSpec, reachProbes } from '../flow-case.ts';
import { type FlowEndpoint, type FlowService, flowService, manifestsOf, ready } from '../flow-service.ts';
import { nodeFromItsAddress, outside, pod } from '../source.ts';
import { HOST_PORT, type Protocol } from '../world.ts';

export function endpointSelectionGroups(): FlowGroup[] {
  return [zoneHints(), otherHints(), ports(), nameless(), hostNetwork(), slices()];
}

const NEAR = 'pod-1-1:8080';
const NEAR_2 = 'pod-1-2:8080';
const FAR = 'pod-2-1:8080';

const ZONE_A = { zoneHints: ['zone-a'] };
const ZONE_B = { zoneHints: ['zone-b'] };

const onNode1 = pod('pod-1-17');
const onNode2 = pod('pod-2-18');
const withoutZone = pod('pod-3-1');
const inThirdZone = pod('pod-6-1');

function zoneHints(): FlowGroup {
  const service = flowService({
    ...{ number: 101, name: 'hints-zones' },
    endpoints: [
      { name: NEAR, ...ZONE_A },
      { name: FAR, ...ZONE_B },
    ],
  });
  const local = flowService({
    ...{ number: 102, name: 'hints-local', type: 'LoadBalancer', externalPolicy: 'Local' },
    endpoints: [
      { name: NEAR, ...ZONE_A },
      { name: NEAR_2, ...ZONE_B },
      { name: FAR, ...ZONE_B },
    ],
  });
  const vip = { service: local, kind: 'load-balancer IP' } as const;
  return {
    name: 'hints for zones',
    manifests: manifestsOf(service, local),
    cases: [
      reach('keep traffic in the zone', { service, from: onNode1, endpoints: [NEAR] }),
      reach('keep traffic in the other zone too', { service, from: onNode2, endpoints: [FAR] }),
      reach('narrow what clients outside reach', {
        ...{ service, from: outside('node-2'), endpoints: [FAR], isMasqueraded: true },
      }),
      reach('count for nothing where none names the zone', {
        service,
        from: inThirdZone,
        endpoints: [NEAR, FAR],
      }),
      reach('count for nothing on a node without a zone', {
        service,
        from: withoutZone,
        endpoints: [NEAR, FAR],
      }),
      reach('are disregarded by a Local policy', {
        ...vip,
        from: outside('node-1'),
        endpoints: [NEAR, NEAR_2],
      }),
      reach('are followed by pods that pass a Local policy', { ...vip, from: onNode1, endpoints: [NEAR] }),
    ],
  };
}

function otherHints(): FlowGroup {
  const service = (number: number, name: string, endpoints: readonly FlowEndpoint[]) =>
    flowService({ number, name: `hints-${name}`, endpoints });
  const nodes = service(103, 'nodes', [
    { name: NEAR, nodeHints: ['node-1'] },
    { name: FAR, nodeHints: ['node-2'] },
  ]);
  const both = service(104, 'both', [
    { name: NEAR, ...ZONE_B, nodeHints: ['node-1'] },
    { name: FAR, ...ZONE_A, nodeHints: ['node-2'] },
  ]);
  const missing = service(105, 'missing', [{ name: NEAR, ...ZONE_A }, { name: FAR }]);
  const notReady = service(106, 'not-ready', [
    { name: NEAR, ...ZONE_A },
    { name: FAR, ...ZONE_B },
    { name: 'pod-2-2:8080', state: 'not ready' },
  ]);
  const terminating = service(107, 'terminating', [
    { name: NEAR, ...ZONE_A, state: 'terminating and serving' },
    { name: FAR, ...ZONE_B, state: 'terminating and serving' },
  ]);
  return {
    name: 'hints',
    manifests: manifestsOf(nodes, both, missing, notReady, terminating),
    cases: [
      reach('for nodes keep traffic on the node', { service: nodes, from: onNode1, endpoints: [NEAR] }),
      reach('for nodes count for nothing where none names the node', {
        ...{ service: nodes, from: withoutZone, endpoints: [NEAR, FAR] },
      }),
      reach('for nodes come before those for zones', { service: both, from: onNode1, endpoints: [NEAR] }),
      reach('are disabled by one ready endpoint without', {
        service: missing,
        from: onNode1,
        endpoints: [NEAR, FAR],
      }),
      reach('are not disabled by an endpoint without that is not ready', {
        ...{ service: notReady, from: onNode1, endpoints: [NEAR] },
      }),
      reach('are disregarded when all endpoints are terminating', {
        ...{ service: terminating, from: onNode1, endpoints: [NEAR, FAR] },
      }),
    ],
  };
}

function ports(): FlowGroup {
  const twins = flowService({
    ...{ number: 111, name: 'ports-twins', type: 'NodePort' },
    ports: [
      { name: 'web', protocol: 'TCP', port: 80, targetPort: 8080 },
      { name: 'web-udp', protocol: 'UDP', port: 80, targetPort: 8443 },
    ],
    endpoints: ready(NEAR, FAR),
  });
  const several = flowService({
    ...{ number: 112, name: 'ports-several' },
    ports: [
      { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 },
      { name: 'https', protocol: 'TCP', port: 443, targetPort: 8443 },
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: 53 },
    ],
    endpoints: ready(NEAR, FAR),
  });
  const at = (port: number): EndpointName[] => [`pod-1-1:${port}`, `pod-2-1:${port}`];
  const twin = { service: twins, from: onNode1 };
  const twinOutside = {
    service: twins,
    kind: 'NodePort',
    from: outside('node-1'),
    isMasqueraded: true,
  } as const;
  return {
    name: 'ports',
    manifests: manifestsOf(twins, several),
    cases: [
      {
        name: 'of one number are two service ports for TCP and UDP',
        probes: [
          ...reachProbes({ ...twin, endpoints: at(8080), protocols: ['TCP'] }),
          ...reachProbes({ ...twin, endpoints: at(8443), protocols: ['UDP'] }),
        ],
      },
      {
        name: 'of one number are two NodePorts for TCP and UDP',
        probes: [
          ...reachProbes({ ...twinOutside, endpoints: at(8080), protocols: ['TCP'] }),
          ...reachProbes({ ...twinOutside, endpoints: at(8443), protocols: ['UDP'] }),
        ],
      },
      {
        name: 'of one Service lead to target ports of their own',
        probes: [
          ...portProbes(several, 'TCP', 80, at(8080)),
          ...portProbes(several, 'TCP', 443, at(8443)),
          ...portProbes(several, 'UDP', 53, at(53)),
        ],
      },
    ],
  };
}

function portProbes(
  service: FlowService,
  protocol: Protocol,
  port: number,
  endpoints: readonly EndpointName[],
) {
  return probesOf({
    from: onNode1,
    to: { ips: service.clusterIps, port },
    protocols: [protocol],
    expected: (family) => reaches({ from: onNode1, endpoints, isMasqueraded: false }, family),
  });
}

function nameless(): FlowGroup {
  const endpoints: FlowEndpoint[] = [
    { name: NEAR, isNameless: true },
    { name: FAR, isNameless: true },
  ];
  const service = flowService({ number: 121, name: 'nameless', endpoints });
  const local = flowService({
    ...{ number: 122, name: 'nameless-local', type: 'LoadBalancer', externalPolicy: 'Local' },
    endpoints: [...endpoints, ...ready(NEAR_2)],
  });
  const vip = { service: local, kind: 'load-balancer IP' } as const;
  const itself = pod('pod-1-1');
  return {
    name: 'endpoints without a node name',
    manifests: manifestsOf(service, local),
    cases: [
      reach('are reached like others', { service, from: onNode1, endpoints: [NEAR, FAR] }),
      // kube-proxy's nftables mode does not masquerade it, so that the client gets no answer.
      reach('reach themselves, masqueraded', { service, from: itself, endpoints: [NEAR, FAR] }),
      reach('are local to no node', { ...vip, from: outside('node-1'), endpoints: [NEAR_2] }),
      reach('reach themselves past a Local policy', { ...vip, from: itself, endpoints: [NEAR, NEAR_2, FAR] }),
    ],
  };
}

function hostNetwork(): FlowGroup {
  const here: EndpointName = `node-1:${HOST_PORT}`;
  const there: EndpointName = `node-2:${HOST_PORT}`;
  const service = flowService({
    ...{ number: 131, name: 'host-network', type: 'NodePort' },
    endpoints: ready(here, there),
  });
  const local = flowService({
    ...{ number: 132, name: 'host-network-local', type: 'LoadBalancer', externalPolicy: 'Local' },
    endpoints: ready(here, there),
  });
  const all = { service, endpoints: [here, there] };
  return {
    name: 'endpoints on the host network',
    manifests: manifestsOf(service, local),
    cases: [
      reach('are reached by pods', { ...all, from: onNode1 }),
      reach('are reached by their own node', { ...all, from: nodeFromItsAddress('node-1') }),
      reach('are reached by clients outside, who are masqueraded where they leave the node', {
        ...{ ...all, kind: 'NodePort', from: outside('node-1'), isMasqueraded: true },
      }),
      reach('are local to their node', {
        ...{ service: local, kind: 'load-balancer IP', from: outside('node-1'), endpoints: [here] },
      }),
    ],
  };
}

function slices(): FlowGroup {
  const endpoints: EndpointName[] = [NEAR, 'pod-1-2:8443', 'pod-2-1:5000', 'pod-2-2:8080'];
  const service = flowService({ number: 141, name: 'slices', endpoints: ready(...endpoints) });
  return {
    name: 'endpoints in several slices',
    manifests: manifestsOf(service),
    cases: [
      reach('are one set, whatever the port number of each slice', { service, from: onNode1, endpoints }),
    ],
  };
}

function reach(name: string, spec: ReachSpec): FlowCase {
  return { name, probes: reachProbes(spec) };
}
