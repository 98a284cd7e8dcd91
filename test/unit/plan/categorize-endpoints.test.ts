// The cases of upstream's TestCategorizeEndpoints (pkg/proxy/topology_test.go), and the reasons that it does not have.
import { describe, expect, it } from 'vitest';
import type { EndpointInfo } from '../../../src/model/endpoint-info.ts';
import type { EndpointRecord } from '../../../src/model/records.ts';
import { categorizeEndpoints, type NeededSets } from '../../../src/plan/categorize-endpoints.ts';
import { addressesOf } from '../../builders/plans.ts';
import {
  anEndpointInfo,
  ip,
  NOT_READY,
  SERVING_WHILE_TERMINATING,
  TERMINATED,
} from '../../builders/records.ts';

const HERE = { nodeName: 'node-1', zone: 'zone-a' };
const CLUSTER: NeededSets = { cluster: true, local: false };
const LOCAL: NeededSets = { cluster: false, local: true };
const BOTH: NeededSets = { cluster: true, local: true };
const LOCAL_NODE = { nodeName: 'node-1' };

interface Case {
  readonly endpoints: readonly EndpointInfo[];
  readonly needs?: NeededSets;
  readonly here?: typeof HERE;
  readonly cluster?: readonly string[];
  readonly local?: readonly string[];
  readonly hasAny?: boolean;
}

const inZones = (...hints: string[][]) =>
  hints.map((zoneHints, i) => endpoint(i + 1, { zoneHints, nodeName: 'node-2' }));

describe('same-zone hints', () => {
  it.each<[string, Case]>([
    [
      'select the endpoints hinted to this zone',
      { endpoints: inZones(['zone-a'], ['zone-b'], ['zone-c'], ['zone-a']), cluster: ['1', '4'] },
    ],
    [
      'select an endpoint that is hinted to several zones',
      { endpoints: inZones(['zone-b', 'zone-a'], ['zone-b']), cluster: ['1'] },
    ],
    [
      'count for nothing when one endpoint has none',
      { endpoints: inZones(['zone-a'], [], ['zone-b']), cluster: ['1', '2', '3'] },
    ],
    [
      'count for nothing when none names this zone',
      { endpoints: inZones(['zone-b'], ['zone-c']), cluster: ['1', '2'] },
    ],
    [
      'count for nothing on a node without zone',
      { endpoints: inZones(['zone-a'], ['zone-b']), here: { ...HERE, zone: '' }, cluster: ['1', '2'] },
    ],
    [
      'leave out an endpoint of this zone that is not ready',
      {
        endpoints: [...inZones(['zone-a'], ['zone-b']), endpoint(3, { zoneHints: ['zone-a'], ...NOT_READY })],
        cluster: ['1'],
      },
    ],
    [
      'count for nothing when only endpoints that are not ready name this zone',
      {
        endpoints: [...inZones(['zone-b'], ['zone-c']), endpoint(3, { zoneHints: ['zone-a'], ...NOT_READY })],
        cluster: ['1', '2'],
      },
    ],
    [
      'count although an endpoint that is not ready has none',
      { endpoints: [...inZones(['zone-a'], ['zone-b']), endpoint(3, NOT_READY)], cluster: ['1'] },
    ],
    [
      'do not touch the Local policy',
      {
        needs: BOTH,
        endpoints: [
          endpoint(1, { zoneHints: ['zone-a'], ...LOCAL_NODE }),
          endpoint(2, { zoneHints: ['zone-b'], ...LOCAL_NODE }),
          endpoint(3, { zoneHints: ['zone-c'] }),
          endpoint(4, { zoneHints: ['zone-a'] }),
        ],
        cluster: ['1', '4'],
        local: ['1', '2'],
      },
    ],
  ])('%s', (_, testCase) => check(testCase));
});

describe('same-node hints', () => {
  const hinted = (n: number, nodeHints: string[], zoneHints: string[]) =>
    endpoint(n, { nodeHints, zoneHints });
  it.each<[string, Case]>([
    [
      'win over zone hints',
      { endpoints: [hinted(1, ['node-1'], ['zone-a']), hinted(2, ['node-2'], ['zone-a'])], cluster: ['1'] },
    ],
    [
      'give way to zone hints when none names this node',
      { endpoints: [hinted(1, ['node-3'], ['zone-a']), hinted(2, ['node-2'], ['zone-b'])], cluster: ['1'] },
    ],
    [
      'give way to zone hints when one endpoint has none',
      { endpoints: [hinted(1, ['node-1'], ['zone-b']), hinted(2, [], ['zone-a'])], cluster: ['2'] },
    ],
    [
      'work on a node without zone',
      {
        here: { ...HERE, zone: '' },
        endpoints: [hinted(1, ['node-1'], []), hinted(2, ['node-2'], [])],
        cluster: ['1'],
      },
    ],
  ])('%s', (_, testCase) => check(testCase));
});

describe('the Cluster policy', () => {
  it.each<[string, Case]>([
    [
      'uses all ready endpoints',
      { endpoints: [endpoint(1), endpoint(2, NOT_READY), endpoint(3, LOCAL_NODE)], cluster: ['1', '3'] },
    ],
    [
      'uses nothing when none is ready or terminating',
      { endpoints: [endpoint(1, NOT_READY), endpoint(2, NOT_READY)], hasAny: false },
    ],
    [
      'falls back to endpoints that serve while terminating, wherever they are',
      {
        endpoints: [
          endpoint(1, { ...SERVING_WHILE_TERMINATING, ...LOCAL_NODE }),
          endpoint(2, SERVING_WHILE_TERMINATING),
          endpoint(3, TERMINATED),
        ],
        cluster: ['1', '2'],
      },
    ],
    [
      'ignores hints in the fallback',
      {
        endpoints: [
          endpoint(1, { ...SERVING_WHILE_TERMINATING, zoneHints: ['zone-a'] }),
          endpoint(2, { ...SERVING_WHILE_TERMINATING, zoneHints: ['zone-b'] }),
        ],
        cluster: ['1', '2'],
      },
    ],
    [
      'does not fall back while one is ready',
      { endpoints: [endpoint(1, SERVING_WHILE_TERMINATING), endpoint(2)], cluster: ['2'] },
    ],
    [
      'never uses an endpoint that serves but is neither ready nor terminating',
      { endpoints: [endpoint(1, { ready: false, serving: true })], hasAny: false },
    ],
    [
      'uses an endpoint that is ready although it terminates',
      {
        endpoints: [endpoint(1, { ready: true, terminating: true }), endpoint(2, SERVING_WHILE_TERMINATING)],
        cluster: ['1'],
      },
    ],
    ['has nothing without endpoints', { endpoints: [], hasAny: false }],
  ])('%s', (_, testCase) => check(testCase));
});

describe('the Local policy', () => {
  it.each<[string, Case]>([
    [
      'uses the ready endpoints of this node',
      {
        needs: LOCAL,
        endpoints: [endpoint(1, LOCAL_NODE), endpoint(2), endpoint(3, { nodeName: '' })],
        local: ['1'],
      },
    ],
    [
      'uses nothing when all are elsewhere, but knows of them',
      { needs: LOCAL, endpoints: [endpoint(1), endpoint(2)], hasAny: true },
    ],
    [
      'falls back to endpoints of this node that serve while terminating',
      {
        needs: BOTH,
        endpoints: [
          endpoint(1),
          endpoint(2, { ...NOT_READY, ...LOCAL_NODE }),
          endpoint(3, { ...SERVING_WHILE_TERMINATING, ...LOCAL_NODE }),
          endpoint(4, SERVING_WHILE_TERMINATING),
        ],
        cluster: ['1'],
        local: ['3'],
      },
    ],
    [
      'does not fall back to other nodes',
      {
        needs: BOTH,
        endpoints: [endpoint(1, SERVING_WHILE_TERMINATING), endpoint(2, SERVING_WHILE_TERMINATING)],
        cluster: ['1', '2'],
      },
    ],
    [
      'does not fall back while one of this node is ready',
      {
        needs: LOCAL,
        endpoints: [endpoint(1, LOCAL_NODE), endpoint(2, { ...SERVING_WHILE_TERMINATING, ...LOCAL_NODE })],
        local: ['1'],
      },
    ],
    ['has nothing without endpoints', { needs: LOCAL, endpoints: [], hasAny: false }],
  ])('%s', (_, testCase) => check(testCase));
});

describe('reasons', () => {
  const endpoints = [
    endpoint(1, { zoneHints: ['zone-a'], ...LOCAL_NODE }),
    endpoint(2, { zoneHints: ['zone-b'], ...LOCAL_NODE }),
    endpoint(3, { zoneHints: ['zone-a'] }),
    endpoint(4, { ...NOT_READY, ...LOCAL_NODE }),
    endpoint(5, { ...SERVING_WHILE_TERMINATING, ...LOCAL_NODE }),
    endpoint(6, TERMINATED),
  ];

  it('are given for every endpoint and both sets', () => {
    const { allEndpoints, clusterRule, localRule } = categorizeEndpoints(endpoints, BOTH, HERE);
    expect([clusterRule, localRule]).toEqual(['same-zone-hints', 'local-ready']);
    expect(allEndpoints.map(({ cluster, local }) => [cluster, local])).toEqual([
      ['used', 'used'],
      ['other-zone-hint', 'used'],
      ['used', 'other-node'],
      ['not-ready', 'not-ready'],
      ['terminating', 'terminating'],
      ['terminating', 'other-node'],
    ]);
  });

  it('tell of the fallback to terminating endpoints', () => {
    const { allEndpoints, clusterRule, localRule } = categorizeEndpoints(endpoints.slice(3), BOTH, HERE);
    expect([clusterRule, localRule]).toEqual(['terminating-fallback', 'terminating-fallback']);
    expect(allEndpoints.map(({ cluster }) => cluster)).toEqual([
      'not-ready',
      'used-while-terminating',
      'terminating',
    ]);
  });

  it('tell of node hints', () => {
    const hinted = [endpoint(1, { nodeHints: ['node-1'] }), endpoint(2, { nodeHints: ['node-2'] })];
    const { allEndpoints, clusterRule } = categorizeEndpoints(hinted, CLUSTER, HERE);
    expect(clusterRule).toBe('same-node-hints');
    expect(allEndpoints.map(({ cluster }) => cluster)).toEqual(['used', 'other-node-hint']);
  });

  it('say when nobody needs a set', () => {
    const cluster = categorizeEndpoints(endpoints, CLUSTER, HERE);
    expect(cluster.localRule).toBe('no-local-policy');
    expect(new Set(cluster.allEndpoints.map(({ local }) => local))).toEqual(new Set(['set-not-needed']));
    const local = categorizeEndpoints(endpoints, LOCAL, HERE);
    expect(local.clusterRule).toBe('no-cluster-frontend');
    expect(local.clusterEndpoints).toEqual([]);
  });
});

it('expects hairpin connections from endpoints of this node and of no known node', () => {
  const endpoints = [endpoint(1, LOCAL_NODE), endpoint(2), endpoint(3, { nodeName: '' })];
  const { allEndpoints } = categorizeEndpoints(endpoints, CLUSTER, HERE);
  expect(allEndpoints.map(({ isHairpinPossible }) => isHairpinPossible)).toEqual([true, false, true]);
});

function endpoint(n: number, fields: Partial<EndpointRecord> = {}): EndpointInfo {
  return anEndpointInfo({ ip: ip(`10.1.0.${n}`), ...fields });
}

function check({ endpoints, needs = CLUSTER, here = HERE, cluster = [], local = [], hasAny }: Case): void {
  const actual = categorizeEndpoints(endpoints, needs, here);
  expect(addressesOf(actual.clusterEndpoints)).toEqual(cluster.map((n) => `10.1.0.${n}`));
  expect(addressesOf(actual.localEndpoints)).toEqual(local.map((n) => `10.1.0.${n}`));
  expect(actual.hasAnyEndpoints).toBe(hasAny ?? cluster.length + local.length > 0);
}
