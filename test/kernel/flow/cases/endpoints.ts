// Endpoints by their ports, slices, nodes and networks (KP 3.3, 3.5).
import { type EndpointName, reaches } from '../expectation.ts';
import { type FlowGroup, probesOf, reachCase as reach, reachProbes } from '../flow-case.ts';
import { type FlowEndpoint, type FlowService, flowService, ready } from '../flow-service.ts';
import { manifestsOf } from '../manifests.ts';
import { nodeFromItsAddress, outside, pod } from '../source.ts';
import { HOST_PORT, type Protocol } from '../world.ts';
import { FAR, NEAR, NEAR_2, onNode1 } from './cast.ts';

export function endpointGroups(): FlowGroup[] {
  return [ports(), nameless(), hostNetwork(), slices()];
}

function ports(): FlowGroup {
  const twins = flowService({
    number: 111,
    name: 'ports-twins',
    type: 'NodePort',
    ports: [
      { name: 'web', protocol: 'TCP', port: 80, targetPort: 8080 },
      { name: 'web-udp', protocol: 'UDP', port: 80, targetPort: 8443 },
    ],
    endpoints: ready(NEAR, FAR),
  });
  const several = flowService({
    number: 112,
    name: 'ports-several',
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
    number: 122,
    name: 'nameless-local',
    type: 'LoadBalancer',
    externalPolicy: 'Local',
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
    number: 131,
    name: 'host-network',
    type: 'NodePort',
    endpoints: ready(here, there),
  });
  const local = flowService({
    number: 132,
    name: 'host-network-local',
    type: 'LoadBalancer',
    externalPolicy: 'Local',
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
        ...all,
        kind: 'NodePort',
        from: outside('node-1'),
        isMasqueraded: true,
      }),
      reach('are local to their node', {
        service: local,
        kind: 'load-balancer IP',
        from: outside('node-1'),
        endpoints: [here],
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
