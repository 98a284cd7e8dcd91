// Topology hints (KEP-2433, KEP-3015; KP 3.4).
import { type FlowGroup, reachCase as reach } from '../flow-case.ts';
import { type FlowEndpoint, flowService } from '../flow-service.ts';
import { manifestsOf } from '../manifests.ts';
import { outside, pod } from '../source.ts';
import { FAR, NEAR, NEAR_2, onNode1, onNode2, onNode3 } from './cast.ts';

export function hintGroups(): FlowGroup[] {
  return [zoneHints(), otherHints()];
}

const ZONE_A = { zoneHints: ['zone-a'] };
const ZONE_B = { zoneHints: ['zone-b'] };

/** node-3 has no zone, node-6 a third one. */
const withoutZone = onNode3;
const inThirdZone = pod('pod-6-1');

function zoneHints(): FlowGroup {
  const service = flowService({
    number: 101,
    name: 'hints-zones',
    endpoints: [
      { name: NEAR, ...ZONE_A },
      { name: FAR, ...ZONE_B },
    ],
  });
  const local = flowService({
    number: 102,
    name: 'hints-local',
    type: 'LoadBalancer',
    externalPolicy: 'Local',
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
        service,
        from: outside('node-2'),
        endpoints: [FAR],
        isMasqueraded: true,
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
        service: nodes,
        from: withoutZone,
        endpoints: [NEAR, FAR],
      }),
      reach('for nodes come before those for zones', { service: both, from: onNode1, endpoints: [NEAR] }),
      reach('are disabled by one ready endpoint without', {
        service: missing,
        from: onNode1,
        endpoints: [NEAR, FAR],
      }),
      reach('are not disabled by an endpoint without that is not ready', {
        service: notReady,
        from: onNode1,
        endpoints: [NEAR],
      }),
      reach('are disregarded when all endpoints are terminating', {
        service: terminating,
        from: onNode1,
        endpoints: [NEAR, FAR],
      }),
    ],
  };
}
