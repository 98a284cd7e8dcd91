// More endpoints than stand in one chain: all are reached, also by a client that is many of them itself.
import type { EndpointName } from '../expectation.ts';
import { type FlowGroup, reachProbes } from '../flow-case.ts';
import { flowService, manifestsOf, ready } from '../flow-service.ts';
import { outside, pod } from '../source.ts';
import { MANY_PODS, MANY_PORTS, type PodName } from '../world.ts';

const [here = 'pod-1-1', ...elsewhere] = MANY_PODS;

function endpointsOf(...pods: readonly PodName[]): EndpointName[] {
  return pods.flatMap((name) => MANY_PORTS.map((port): EndpointName => `${name}:${port}`));
}

/** 24 endpoints, all of them the same pod of node-1. */
export const twoDozen = flowService({
  ...{ number: 241, name: 'two-dozen', type: 'LoadBalancer', externalPolicy: 'Local' },
  endpoints: ready(...endpointsOf(here)),
});

/** 120 endpoints. */
export const tenDozen = flowService({
  number: 242,
  name: 'ten-dozen',
  endpoints: ready(...endpointsOf(...elsewhere)),
});

export const three = flowService({
  number: 243,
  name: 'three',
  endpoints: ready('pod-1-1:8080', 'pod-2-1:8080', 'pod-2-2:8080'),
});

/** The evenness of the choice among them is in evenness.ts. */
export function manyEndpointsGroup(): FlowGroup {
  const all = endpointsOf(here);
  return {
    name: 'two dozen endpoints',
    manifests: manifestsOf(twoDozen, tenDozen, three),
    cases: [
      {
        name: 'are all reached',
        probes: reachProbes({ service: twoDozen, from: pod('pod-1-17'), endpoints: all }),
      },
      {
        name: 'all see the node where they reach themselves',
        probes: reachProbes({ service: twoDozen, from: pod(here), endpoints: all, families: ['IPv4'] }),
      },
      {
        name: 'are all local under policy Local',
        probes: reachProbes({
          ...{ service: twoDozen, kind: 'load-balancer IP', from: outside('node-1'), endpoints: all },
          families: ['IPv6'],
        }),
      },
    ],
  };
}
