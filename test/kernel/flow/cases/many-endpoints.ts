// More endpoints than stand in one chain: all are reached, also by a client that is many of them itself.
import type { EndpointName } from '../expectation.ts';
import { type FlowGroup, reachProbes } from '../flow-case.ts';
import { type FlowService, flowService, ready } from '../flow-service.ts';
import { manifestsOf } from '../manifests.ts';
import { outside, pod } from '../source.ts';
import { MANY_PODS, MANY_PORTS, type PodName } from '../world.ts';

const [here = 'pod-1-1', ...elsewhere] = MANY_PODS;

function endpointsOf(...pods: readonly PodName[]): EndpointName[] {
  return pods.flatMap((name) => MANY_PORTS.map((port): EndpointName => `${name}:${port}`));
}

export type ManyServiceName = 'three' | 'two-dozen' | 'ten-dozen';

const SERVICES: Readonly<Record<ManyServiceName, FlowService>> = {
  three: flowService({
    number: 241,
    name: 'three',
    endpoints: ready('pod-1-1:8080', 'pod-2-1:8080', 'pod-2-2:8080'),
  }),
  // All of them the same pod of node-1.
  'two-dozen': flowService({
    number: 242,
    name: 'two-dozen',
    type: 'LoadBalancer',
    externalPolicy: 'Local',
    endpoints: ready(...endpointsOf(here)),
  }),
  'ten-dozen': flowService({
    number: 243,
    name: 'ten-dozen',
    endpoints: ready(...endpointsOf(...elsewhere)),
  }),
};

export function manyService(name: ManyServiceName): FlowService {
  return SERVICES[name];
}

/** The evenness of the choice among them is in experiments/evenness.ts. */
export function manyEndpointsGroup(): FlowGroup {
  const all = endpointsOf(here);
  const service = SERVICES['two-dozen'];
  return {
    name: 'two dozen endpoints',
    manifests: manifestsOf(...Object.values(SERVICES)),
    cases: [
      { name: 'are all reached', probes: reachProbes({ service, from: pod('pod-1-17'), endpoints: all }) },
      {
        name: 'all see the node where they reach themselves',
        probes: reachProbes({ service, from: pod(here), endpoints: all, families: ['IPv4'] }),
      },
      {
        name: 'are all local under policy Local',
        probes: reachProbes({
          service,
          kind: 'load-balancer IP',
          from: outside('node-1'),
          endpoints: all,
          families: ['IPv6'],
        }),
      },
    ],
  };
}
