// The destination × source matrix that kube-proxy's TestInternalExternalMasquerade, TestExternalTrafficPolicyLocal,
// TestInternalTrafficPolicy, TestNoEndpointsReject and TestLoadBalancer spell out, and what its nftables mode adds.
import { describe, expect, it } from 'vitest';
import type { ServiceRecord } from '../../../src/model/records.ts';
import { type Evaluation, evaluate } from '../../../src/plan/evaluate.ts';
import type { Packet } from '../../../src/plan/packet.ts';
import type { NodeView, PlanConfig } from '../../../src/plan/plan-config.ts';
import { aCluster, addressesOf, aNode, aPlanConfig, planFromNothing } from '../../builders/plans.ts';
import { anEndpoint, aService, aServicePort, aSlice, cidr, ip } from '../../builders/records.ts';

const HERE = anEndpoint({ ip: ip('10.244.1.1'), nodeName: 'node-1' });
const ELSEWHERE = anEndpoint({ ip: ip('10.244.2.1'), nodeName: 'node-2' });
const NOWHERE = anEndpoint({ ip: ip('10.244.3.1'), nodeName: '' });

const SOURCES = {
  pod: { sourceIp: ip('10.244.1.7'), isFromNode: false, inputInterface: 'veth7' },
  node: { sourceIp: ip('192.0.2.11'), isFromNode: true, inputInterface: undefined },
  client: { sourceIp: ip('198.51.100.9'), isFromNode: false, inputInterface: 'eth0' },
} as const;
type Source = keyof typeof SOURCES;

const CLUSTER_IP = { destinationIp: ip('10.96.1.1'), destinationPort: 80 };
const LB_IP = { destinationIp: ip('203.0.113.1'), destinationPort: 80 };
const EXTERNAL_IP = { destinationIp: ip('198.51.100.1'), destinationPort: 80 };
const NODE_PORT = { destinationIp: ip('192.0.2.11'), destinationPort: 30_080 };
const DESTINATIONS = {
  ClusterIP: CLUSTER_IP,
  LoadBalancerIP: LB_IP,
  ExternalIP: EXTERNAL_IP,
  NodePort: NODE_PORT,
};
type Destination = keyof typeof DESTINATIONS;
const EXTERNAL_DESTINATIONS = ['LoadBalancerIP', 'ExternalIP', 'NodePort'] as const;

interface World {
  readonly service?: Partial<ServiceRecord>;
  readonly endpoints?: readonly (typeof HERE)[];
  readonly config?: Partial<PlanConfig>;
  readonly node?: Partial<NodeView>;
}

describe('internal Cluster policy', () => {
  it.each<[Source, string]>([
    ['pod', 'to 10.244.1.1 10.244.2.1 as itself'],
    ['node', 'to 10.244.1.1 10.244.2.1 masqueraded: not-from-local-pod'],
    ['client', 'to 10.244.1.1 10.244.2.1 masqueraded: not-from-local-pod'],
  ])('ClusterIP from %s: %s', (source, expected) => {
    expect(ask({}, source, 'ClusterIP')).toBe(expected);
  });

  it.each<Source>(['pod', 'node', 'client'])('with masqueradeAll masquerades %s', (source) => {
    const config = { masqueradeAll: true };
    expect(ask({ config }, source, 'ClusterIP')).toBe('to 10.244.1.1 10.244.2.1 masqueraded: masquerade-all');
  });

  it.each<Source>(['pod', 'node', 'client'])(
    'without a local detector masquerades nobody, not even %s',
    (source) => {
      expect(ask({ config: { clusterCidrs: [] } }, source, 'ClusterIP')).toBe(
        'to 10.244.1.1 10.244.2.1 as itself',
      );
    },
  );
});

describe('internal Local policy', () => {
  const service = { internalTrafficPolicy: 'Local' } as const;
  it.each<[Source, string]>([
    ['pod', 'to 10.244.1.1 as itself'],
    ['node', 'to 10.244.1.1 masqueraded: not-from-local-pod'],
    ['client', 'to 10.244.1.1 masqueraded: not-from-local-pod'],
  ])('ClusterIP from %s: %s', (source, expected) => {
    expect(ask({ service }, source, 'ClusterIP')).toBe(expected);
  });

  it.each<Source>(['pod', 'node', 'client'])('drops %s when the endpoints are elsewhere', (source) => {
    expect(ask({ service, endpoints: [ELSEWHERE] }, source, 'ClusterIP')).toBe('drop: no-local-endpoints');
  });

  it('leaves external destinations to the external policy', () => {
    expect(ask({ service, endpoints: [ELSEWHERE] }, 'client', 'NodePort')).toBe(
      'to 10.244.2.1 masqueraded: external-traffic',
    );
  });
});

describe.each(EXTERNAL_DESTINATIONS)('external Cluster policy: %s', (destination) => {
  it.each<Source>(['pod', 'node', 'client'])('from %s reaches all endpoints masqueraded', (source) => {
    expect(ask({}, source, destination)).toBe('to 10.244.1.1 10.244.2.1 masqueraded: external-traffic');
  });

  it.each<Source>(['pod', 'node', 'client'])(
    'from %s is masqueraded also without a local detector',
    (source) => {
      const config = { clusterCidrs: [] };
      expect(ask({ config }, source, destination)).toBe(
        'to 10.244.1.1 10.244.2.1 masqueraded: external-traffic',
      );
    },
  );
});

describe.each(EXTERNAL_DESTINATIONS)('external Local policy: %s', (destination) => {
  const service = { externalTrafficPolicy: 'Local' } as const;
  it.each<[Source, string]>([
    ['pod', 'to 10.244.1.1 10.244.2.1 as itself'],
    ['node', 'to 10.244.1.1 10.244.2.1 masqueraded: from-node'],
    ['client', 'to 10.244.1.1 as itself'],
  ])('from %s: %s', (source, expected) => {
    expect(ask({ service }, source, destination)).toBe(expected);
  });

  it.each<[Source, string]>([
    ['pod', 'to 10.244.2.1 as itself'],
    ['node', 'to 10.244.2.1 masqueraded: from-node'],
    ['client', 'drop: no-local-endpoints'],
  ])('with endpoints elsewhere only, from %s: %s', (source, expected) => {
    expect(ask({ service, endpoints: [ELSEWHERE] }, source, destination)).toBe(expected);
  });

  it('treats pods as clients without a local detector', () => {
    const config = { clusterCidrs: [] };
    expect(ask({ service, config }, 'pod', destination)).toBe('to 10.244.1.1 as itself');
  });

  it('does not masquerade clients with masqueradeAll', () => {
    expect(ask({ service, config: { masqueradeAll: true } }, 'client', destination)).toBe(
      'to 10.244.1.1 as itself',
    );
  });

  it('tells why pods and the node pass', () => {
    expect(why({ service }, 'pod', destination)).toBe('local-policy-passed-by-pod');
    expect(why({ service }, 'node', destination)).toBe('local-policy-passed-by-node');
    expect(why({ service }, 'client', destination)).toBe('local-policy');
  });
});

describe('no endpoints', () => {
  const destinations: Destination[] = ['ClusterIP', ...EXTERNAL_DESTINATIONS];
  it.each(
    destinations.flatMap((to) => (['pod', 'node', 'client'] as const).map((from) => [to, from] as const)),
  )('%s from %s is rejected under every policy', (destination, source) => {
    for (const policy of ['Cluster', 'Local'] as const) {
      const service = { internalTrafficPolicy: policy, externalTrafficPolicy: policy };
      expect(ask({ service, endpoints: [] }, source, destination)).toBe('reject: no-endpoints');
    }
  });
});

describe('hairpin', () => {
  it.each<[string, typeof HERE, string]>([
    ['an endpoint of this node', HERE, 'masqueraded to itself'],
    ['an endpoint without nodeName', NOWHERE, 'masqueraded to itself'],
    ['an endpoint of another node, whose packets its own node translates', ELSEWHERE, 'as itself'],
  ])('from %s to its own Service is %s', (_, endpoint, expected) => {
    const answer = answerOf(
      { endpoints: [endpoint] },
      { ...SOURCES.pod, sourceIp: endpoint.ip, ...CLUSTER_IP },
    );
    expect(answer).toBe(`to ${endpoint.ip} ${expected}`);
  });

  it('does not count when all are masqueraded', () => {
    const packet = { ...SOURCES.pod, sourceIp: HERE.ip, ...NODE_PORT };
    expect(answerOf({}, packet)).toBe('to 10.244.1.1 10.244.2.1 masqueraded: external-traffic');
  });

  it('does not count for a pod that is no endpoint', () => {
    expect(ask({}, 'pod', 'ClusterIP')).toMatch(/as itself$/);
  });
});

describe('source ranges', () => {
  const service = { loadBalancerSourceRanges: [cidr('198.51.100.0/24')] };
  it.each<[Source, string]>([
    ['client', 'to 10.244.1.1 10.244.2.1 masqueraded: external-traffic'],
    ['pod', 'drop: source-not-allowed'],
    ['node', 'drop: source-not-allowed'],
  ])('on the load-balancer IP, from %s: %s', (source, expected) => {
    expect(ask({ service }, source, 'LoadBalancerIP')).toBe(expected);
  });

  it.each<Destination>(['ClusterIP', 'ExternalIP', 'NodePort'])('do not hold on the %s', (destination) => {
    expect(ask({ service }, 'pod', destination)).toMatch(/^to /);
  });

  it('come before the answer that there are no endpoints', () => {
    expect(ask({ service, endpoints: [] }, 'pod', 'LoadBalancerIP')).toBe('drop: source-not-allowed');
    expect(ask({ service, endpoints: [] }, 'client', 'LoadBalancerIP')).toBe('reject: no-endpoints');
  });

  it('accept the load-balancer IP as source when the node is in a range', () => {
    const fromVip = { ...SOURCES.node, sourceIp: LB_IP.destinationIp, ...LB_IP };
    const withNode = { loadBalancerSourceRanges: [cidr('192.0.2.0/24')] };
    expect(answerOf({ service: withNode }, fromVip)).toMatch(/^to /);
    expect(answerOf({ service }, fromVip)).toBe('drop: source-not-allowed');
  });
});

describe('addresses that no service port has', () => {
  it.each<[string, string, number, string]>([
    ['an unknown port of a ClusterIP', '10.96.1.1', 81, 'reject: unknown-port'],
    ['an address of the ServiceCIDR that nobody has', '10.96.9.9', 80, 'drop: unallocated-address'],
    ['an unknown port of a load-balancer IP', '203.0.113.1', 81, 'not-ours'],
    ['an unknown port of the node', '192.0.2.11', 22, 'not-ours'],
    ['a stranger', '192.0.2.200', 80, 'not-ours'],
  ])('%s', (_, destination, destinationPort, expected) => {
    const packet = { ...SOURCES.pod, destinationIp: ip(destination), destinationPort };
    expect(answerOf({}, packet)).toBe(expected);
  });

  it('have the same port in another protocol', () => {
    expect(answerOf({}, { ...SOURCES.pod, ...CLUSTER_IP, protocol: 'UDP' })).toBe('reject: unknown-port');
  });
});

describe('NodePorts', () => {
  const at = (address: string, world: World = {}) =>
    answerOf(world, { ...SOURCES.client, ...NODE_PORT, destinationIp: ip(address) }).split(' ')[0];

  it('are on all addresses of the node, and nowhere else', () => {
    expect([at('192.0.2.11'), at('10.244.1.254'), at('192.0.2.12')]).toEqual(['to', 'to', 'not-ours']);
  });

  it('are on all of 127.0.0.0/8 unless switched off', () => {
    expect(at('127.0.0.1')).toBe('to');
    expect(at('127.1.2.3')).toBe('to');
    expect(at('127.0.0.1', { config: { localhostNodePorts: false } })).toBe('not-ours');
  });

  it('are on the addresses that nodePortAddresses select', () => {
    const world: World = { config: { nodePortAddresses: ['primary'] } };
    expect([at('192.0.2.11', world), at('10.244.1.254', world), at('127.0.0.1', world)]).toEqual([
      'to',
      'not-ours',
      'not-ours',
    ]);
  });

  it('give way to a frontend with the very address', () => {
    const service = {
      ...everywhere(),
      ports: [aServicePort({ port: 30_080, nodePort: 30_080 })],
      externalIps: [ip('192.0.2.11')],
    };
    const packet = { ...SOURCES.client, ...NODE_PORT, protocol: 'TCP' } as const;
    const answer = evaluate(planOf({ service }), packet);
    expect(answer).toMatchObject({ verdict: 'balance', frontend: { kind: 'ExternalIP' } });
  });
});

describe('local detectors', () => {
  const bridge: Partial<PlanConfig> = { detectLocalMode: 'BridgeInterface', bridgeInterface: 'veth7' };
  const prefix: Partial<PlanConfig> = { detectLocalMode: 'InterfaceNamePrefix', interfaceNamePrefix: 'veth' };
  const nodeCidr: Partial<PlanConfig> = { detectLocalMode: 'NodeCIDR' };

  it.each([
    ['BridgeInterface', bridge],
    ['InterfaceNamePrefix', prefix],
    ['NodeCIDR', nodeCidr],
  ])('%s knows local pods, and takes the node for none', (_, config) => {
    expect(ask({ config }, 'pod', 'ClusterIP')).toMatch(/as itself$/);
    expect(ask({ config }, 'node', 'ClusterIP')).toMatch(/not-from-local-pod$/);
    expect(ask({ config }, 'client', 'ClusterIP')).toMatch(/not-from-local-pod$/);
  });

  it('BridgeInterface wants the whole name', () => {
    const packet = { ...SOURCES.pod, inputInterface: 'veth77', ...CLUSTER_IP };
    expect(answerOf({ config: bridge }, packet)).toMatch(/not-from-local-pod$/);
    expect(answerOf({ config: prefix }, packet)).toMatch(/as itself$/);
  });

  it('NodeCIDR takes pods of other nodes for strangers', () => {
    const packet = { ...SOURCES.pod, sourceIp: ip('10.244.2.7'), ...CLUSTER_IP };
    expect(answerOf({ config: nodeCidr }, packet)).toMatch(/not-from-local-pod$/);
    expect(answerOf({}, packet)).toMatch(/as itself$/);
  });
});

it('gives a frontend that two Services claim to its owner', () => {
  const young = aService({
    name: 'a',
    createdAt: 2,
    clusterIps: [ip('10.96.1.2')],
    externalIps: [LB_IP.destinationIp],
  });
  const old = aService({
    name: 'b',
    createdAt: 1,
    clusterIps: [ip('10.96.1.3')],
    loadBalancerIps: [LB_IP.destinationIp],
  });
  const plan = planFromNothing(aCluster({ services: [young, old] }));
  const answer = evaluate(plan, { ...SOURCES.client, ...LB_IP, protocol: 'TCP' });
  expect(answer).toMatchObject({ service: { key: 'shop/b/TCP' } });
});

function ask(world: World, source: Source, destination: Destination): string {
  return answerOf(world, { ...SOURCES[source], ...DESTINATIONS[destination] });
}

function why(world: World, source: Source, destination: Destination) {
  const packet = { ...SOURCES[source], ...DESTINATIONS[destination], protocol: 'TCP' } as const;
  const evaluation = evaluate(planOf(world), packet);
  return evaluation.verdict === 'not-ours' ? undefined : evaluation.why;
}

function answerOf(
  world: World,
  packet: Omit<Packet, 'protocol'> & Partial<Pick<Packet, 'protocol'>>,
): string {
  return describeEvaluation(evaluate(planOf(world), { protocol: 'TCP', ...packet }));
}

function planOf({ service = {}, endpoints = [HERE, ELSEWHERE], config = {}, node = {} }: World) {
  const world = {
    services: [aService({ ...everywhere(), ...service })],
    slices: [aSlice({ endpoints })],
    config: aPlanConfig(config),
    node: aNode(node),
  };
  return planFromNothing(aCluster(world));
}

/** Reachable in every way that there is. */
function everywhere(): Partial<ServiceRecord> {
  return {
    type: 'LoadBalancer',
    ports: [aServicePort({ nodePort: 30_080 })],
    loadBalancerIps: [LB_IP.destinationIp],
    externalIps: [EXTERNAL_IP.destinationIp],
  };
}

function describeEvaluation(evaluation: Evaluation): string {
  if (evaluation.verdict === 'not-ours') return 'not-ours';
  if (evaluation.verdict !== 'balance') return `${evaluation.verdict}: ${evaluation.why}`;
  return `to ${addressesOf(evaluation.endpoints).join(' ')} ${describeMasquerade(evaluation.masquerade)}`;
}

function describeMasquerade(masquerade: Extract<Evaluation, { verdict: 'balance' }>['masquerade']): string {
  if (masquerade.when === 'always') return `masqueraded: ${masquerade.why}`;
  return masquerade.when === 'hairpin' ? 'masqueraded to itself' : 'as itself';
}
