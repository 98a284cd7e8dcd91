// Which addresses are a Service's and which are not: unknown ports, unallocated addresses, Services that are none of ours
// (KP 3.2, 3.5, verdicts of nftables mode), and addresses that are the node's own.
import {
  DROPPED,
  type EndpointName,
  LOST,
  REFUSED_BY_HOST,
  REJECTED,
  reaches,
  reachesDirectly,
} from '../expectation.ts';
import {
  type Destination,
  destinationOf,
  type FlowCase,
  type FlowGroup,
  type FlowProbe,
  probesOf,
  reachProbes,
  refusalProbes,
} from '../flow-case.ts';
import { clusterIpsOf, externalIpsOf, flowService, ready, TCP_80 } from '../flow-service.ts';
import { manifestsOf } from '../manifests.ts';
import { nodeItself, outside, type Source } from '../source.ts';
import { type DualStack, podIps, secondIps } from '../world.ts';
import { FAR, FAR_2, NEAR, NEAR_2, onNode1 } from './cast.ts';

export function addressGroups(): FlowGroup[] {
  return [clusterIps(), notServed(), nodeAddresses()];
}

const EVERYBODY: readonly Source[] = [onNode1, nodeItself('node-1'), outside('node-1')];

function clusterIps(): FlowGroup {
  const service = flowService({
    number: 151,
    name: 'known',
    type: 'LoadBalancer',
    ports: [TCP_80],
    endpoints: ready(NEAR, FAR),
  });
  const unallocated = clusterIpsOf(4000);
  return {
    name: 'a ClusterIP',
    manifests: manifestsOf(service),
    cases: [
      {
        name: 'rejects ports that no Service has',
        probes: everybody({ ips: service.clusterIps, port: 81 }, REJECTED),
      },
      {
        name: 'rejects a known port of another protocol',
        probes: EVERYBODY.flatMap((from) =>
          refusalProbes({ service, from, protocols: ['UDP'], expected: REJECTED }),
        ),
      },
      {
        name: 'that no Service has drops everything',
        probes: everybody({ ips: unallocated, port: 80 }, DROPPED),
      },
    ],
  };
}

function notServed(): FlowGroup {
  const proxied = flowService({
    number: 161,
    name: 'ip-mode-proxy',
    type: 'LoadBalancer',
    ipMode: 'Proxy',
    endpoints: ready(NEAR, FAR),
  });
  const others = flowService({
    number: 162,
    name: 'of-another-proxy',
    type: 'NodePort',
    externalIps: Object.values(externalIpsOf(162)),
    labels: { 'service.kubernetes.io/service-proxy-name': 'someone-else' },
    endpoints: ready(NEAR, FAR),
  });
  const headless = flowService({
    number: 163,
    name: 'headless',
    isHeadless: true,
    externalIps: Object.values(externalIpsOf(163)),
    endpoints: ready(NEAR, FAR),
  });
  const named = flowService({
    number: 164,
    name: 'external-name',
    type: 'ExternalName',
    externalIps: Object.values(externalIpsOf(164)),
  });
  const vip = flowService({ number: 165, name: 'vip', type: 'LoadBalancer', endpoints: ready(NEAR) });
  return {
    name: 'not a Service address:',
    manifests: manifestsOf(proxied, others, headless, named, vip),
    cases: [
      everybodysCase('a load-balancer IP with ipMode Proxy', LOST, (from) =>
        destinationOf(proxied, 'load-balancer IP', from),
      ),
      {
        name: 'a load-balancer IP with ipMode Proxy, but the ClusterIP of that Service is one',
        probes: reachProbes({ service: proxied, from: onNode1, endpoints: [NEAR, FAR] }),
      },
      everybodysCase('the ClusterIP of a Service of another service proxy', DROPPED, (from) =>
        destinationOf(others, 'ClusterIP', from),
      ),
      everybodysCase('the NodePort of a Service of another service proxy', REFUSED_BY_HOST, (from) =>
        destinationOf(others, 'NodePort', from),
      ),
      everybodysCase('the external IP of a Service of another service proxy', LOST, (from) =>
        destinationOf(others, 'external IP', from),
      ),
      everybodysCase('the external IP of a headless Service', LOST, (from) =>
        destinationOf(headless, 'external IP', from),
      ),
      everybodysCase('the external IP of an ExternalName Service', LOST, (from) =>
        destinationOf(named, 'external IP', from),
      ),
      everybodysCase('a port of a load-balancer IP that no Service has', LOST, (from) => ({
        ...destinationOf(vip, 'load-balancer IP', from),
        port: 81,
      })),
      {
        name: 'a pod under its own address, which sees the client',
        probes: [
          ...direct(onNode1, podIps('pod-1-2'), NEAR_2),
          ...direct(onNode1, podIps('pod-2-2'), FAR_2),
          ...direct(outside('node-1'), podIps('pod-1-2'), NEAR_2),
        ],
      },
    ],
  };
}

function nodeAddresses(): FlowGroup {
  const external = flowService({
    number: 171,
    name: 'external-node-ip',
    externalIps: Object.values(secondIps('node-1')),
    endpoints: ready(NEAR, FAR),
  });
  const nodePort = flowService({
    number: 172,
    name: 'node-port',
    type: 'NodePort',
    endpoints: ready(NEAR_2, FAR_2),
  });
  const ips = secondIps('node-1');
  const to = (destination: Destination, endpoints: readonly EndpointName[]) =>
    probesOf({
      from: outside('node-1'),
      to: destination,
      expected: (family) => reaches({ from: outside('node-1'), endpoints, isMasqueraded: true }, family),
    });
  return {
    name: 'an external IP that is an address of the node',
    manifests: manifestsOf(external, nodePort),
    cases: [
      { name: 'is served on its port', probes: to({ ips, port: 80 }, [NEAR, FAR]) },
      { name: 'serves NodePorts too', probes: to({ ips, port: nodePort.nodePort }, [NEAR_2, FAR_2]) },
      {
        name: 'is the host beyond that',
        probes: probesOf({ from: outside('node-1'), to: { ips, port: 81 }, expected: () => REFUSED_BY_HOST }),
      },
    ],
  };
}

function everybodysCase(name: string, expected: typeof LOST, to: (from: Source) => Destination): FlowCase {
  return {
    name,
    probes: EVERYBODY.flatMap((from) => probesOf({ from, to: to(from), expected: () => expected })),
  };
}

function everybody(to: Destination, expected: typeof LOST): FlowProbe[] {
  return EVERYBODY.flatMap((from) => probesOf({ from, to, expected: () => expected }));
}

function direct(from: Source, ips: DualStack, endpoint: EndpointName): FlowProbe[] {
  return probesOf({
    from,
    to: { ips, port: 8080 },
    expected: (family) => reachesDirectly(from, endpoint, family),
  });
}
