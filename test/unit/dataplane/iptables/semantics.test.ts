// Who gets what: packets traced through the rules of one Service of each kind (KP 3.5 of the specification: destination ×
// source). The expectations are written down, not computed.
import { describe, expect, it } from 'vitest';
import type { GlobalPlan, ServicePlan } from '../../../../src/plan/plan.ts';
import {
  aFrontend,
  aGlobalPlan,
  aNodePort,
  aServicePlan,
  aTarget,
  changeOf,
  FEATURES,
  TestKernel,
} from '../../../builders/iptables-plans.ts';
import { cidr, ip } from '../../../builders/records.ts';
import { type TracedPacket, trace } from '../../../fakes/rule-tracer.ts';

const NODE = '192.0.2.11';
const POD = '10.244.1.9';
const CLIENT = '198.51.100.7';
const SOURCES = { pod: POD, node: NODE, outside: CLIENT } as const;

const here = aTarget('10.244.1.1', { isHairpinPossible: true });
const there = aTarget('10.244.2.1');

type Source = keyof typeof SOURCES;

interface Probe extends Partial<TracedPacket> {
  readonly from: Source;
  readonly to: string;
}

/** What a packet meets in nat, and in filter when nat did not send it on: one line per possibility, sorted. */
function fate(kernel: TestKernel, { from, to, ...fields }: Probe): string[] {
  const packet: TracedPacket = {
    source: SOURCES[from],
    destination: to,
    protocol: 'tcp',
    port: 80,
    localAddresses: [NODE, '127.0.0.1', '203.0.113.99'],
    sets: {
      'FAIRLEAD-CLUSTER-IPS-4': [...(kernel.iptables.sets.get('FAIRLEAD-CLUSTER-IPS-4')?.members ?? [])],
    },
    ...fields,
  };
  const isLocal = packet.localAddresses?.includes(to) === true;
  const hook = from === 'node' ? 'OUTPUT' : isLocal ? 'INPUT' : 'FORWARD';
  const nat = trace(kernel.nat, from === 'node' ? 'OUTPUT' : 'PREROUTING', packet);
  const fates = nat.flatMap(({ verdict, effects }) => {
    const masquerade = effects.includes('MARK 0x4000/0x4000') ? ', masqueraded' : '';
    if (verdict !== 'none') return [`${verdict.replace('DNAT ', '')}${masquerade}`];
    const local = hook === 'OUTPUT' && isLocal ? trace(kernel.filter, 'INPUT', packet) : [];
    const verdicts = [...trace(kernel.filter, hook, packet), ...local].map((outcome) => outcome.verdict);
    return [verdicts.find((word) => word !== 'none') ?? 'passes by'];
  });
  return [...new Set(fates)].sort();
}

async function programmed(
  plans: readonly ServicePlan[],
  global: Partial<GlobalPlan> = {},
): Promise<TestKernel> {
  const kernel = new TestKernel();
  expect(await kernel.write(changeOf(plans, { global: aGlobalPlan(global) }), true)).toMatchObject({
    ok: true,
  });
  return kernel;
}

const BOTH = ['10.244.1.1:8080', '10.244.2.1:8080'];
const BOTH_MASQUERADED = BOTH.map((endpoint) => `${endpoint}, masqueraded`);
const HERE = ['10.244.1.1:8080'];

describe('a ClusterIP', () => {
  const plan = aServicePlan({ clusterEndpoints: [here, there] });

  it.each([
    ['pod', BOTH],
    ['node', BOTH_MASQUERADED],
    ['outside', BOTH_MASQUERADED],
  ] as const)('sends traffic from %s to all endpoints', async (from, expected) => {
    expect(fate(await programmed([plan]), { from, to: '10.96.1.1' })).toEqual(expected);
  });

  it('masquerades pods too with masqueradeAll', async () => {
    const kernel = await programmed([plan], { masqueradeAll: true });
    expect(fate(kernel, { from: 'pod', to: '10.96.1.1' })).toEqual(BOTH_MASQUERADED);
  });

  it('masquerades nobody without a local detector', async () => {
    const kernel = await programmed([plan], { localDetector: { kind: 'none' } });
    expect(fate(kernel, { from: 'outside', to: '10.96.1.1' })).toEqual(BOTH);
  });

  it.each([
    [{ kind: 'input-interface', name: 'cni0' }],
    [{ kind: 'input-interface-prefix', prefix: 'cni' }],
  ] as const)('tells pods by their interface with %o', async (localDetector) => {
    const kernel = await programmed([plan], { localDetector });
    const to = '10.96.1.1';
    expect(fate(kernel, { from: 'pod', to, inputInterface: 'cni0' })).toEqual(BOTH);
    expect(fate(kernel, { from: 'pod', to, inputInterface: 'eth0' })).toEqual(BOTH_MASQUERADED);
  });

  it('masquerades an endpoint that reaches itself, and nobody else', async () => {
    const kernel = await programmed([plan]);
    const fates = fate(kernel, { from: 'pod', to: '10.96.1.1', source: '10.244.1.1' });
    expect(fates).toEqual(['10.244.1.1:8080, masqueraded', '10.244.2.1:8080']);
  });

  it('keeps to the endpoints of the node under the internal Local policy', async () => {
    const local = aServicePlan({
      internal: { policy: 'Local', verdict: 'balance' },
      clusterEndpoints: [],
      localEndpoints: [here],
    });
    const kernel = await programmed([local]);
    expect(fate(kernel, { from: 'pod', to: '10.96.1.1' })).toEqual(HERE);
    expect(fate(kernel, { from: 'node', to: '10.96.1.1' })).toEqual([`${HERE}, masqueraded`]);
  });

  it.each(['pod', 'node', 'outside'] as const)('rejects unknown ports from %s', async (from) => {
    expect(fate(await programmed([plan]), { from, to: '10.96.1.1', port: 81 })).toEqual(['REJECT']);
  });

  it('drops what goes to an address that no Service has', async () => {
    expect(fate(await programmed([plan]), { from: 'pod', to: '10.96.77.77' })).toEqual(['DROP']);
  });

  it('tells protocols apart on one port', async () => {
    const udp = aServicePlan({
      name: { portName: 'dns', protocol: 'UDP' },
      frontends: [aFrontend('10.96.1.1', { protocol: 'UDP' })],
      clusterEndpoints: [there],
    });
    const sctp = aServicePlan({
      name: { portName: 'sctp', protocol: 'SCTP' },
      frontends: [aFrontend('10.96.1.1', { protocol: 'SCTP' })],
      clusterEndpoints: [here],
    });
    const kernel = await programmed([plan, udp, sctp]);
    expect(fate(kernel, { from: 'pod', to: '10.96.1.1', protocol: 'tcp' })).toEqual(BOTH);
    expect(fate(kernel, { from: 'pod', to: '10.96.1.1', protocol: 'udp' })).toEqual(['10.244.2.1:8080']);
    expect(fate(kernel, { from: 'pod', to: '10.96.1.1', protocol: 'sctp' })).toEqual(HERE);
  });

  it.each([
    ['REJECT', { policy: 'Cluster', verdict: 'reject' }],
    ['DROP', { policy: 'Local', verdict: 'drop' }],
  ] as const)('without endpoints answers %s to everybody', async (verdict, internal) => {
    const kernel = await programmed([aServicePlan({ internal, clusterEndpoints: [] })]);
    for (const from of ['pod', 'node', 'outside'] as const) {
      expect(fate(kernel, { from, to: '10.96.1.1' })).toEqual([verdict]);
    }
  });

  it('that another Service owns is none of its business', async () => {
    const lost = aServicePlan({
      name: { name: 'late' },
      frontends: [aFrontend('10.96.1.1', { lostTo: plan.key })],
    });
    expect(fate(await programmed([lost, plan]), { from: 'pod', to: '10.96.1.1' })).toEqual(BOTH);
  });
});

describe.each([
  ['an external IP', '203.0.113.9', 80, aFrontend('203.0.113.9', { kind: 'ExternalIP' })],
  ['a load-balancer IP', '203.0.113.9', 80, aFrontend('203.0.113.9', { kind: 'LoadBalancerIP' })],
  [
    'a load-balancer IP bound on the node',
    '203.0.113.99',
    80,
    aFrontend('203.0.113.99', { kind: 'LoadBalancerIP' }),
  ],
  ['a NodePort', NODE, 30_080, aNodePort(30_080)],
] as const)('%s', (_, to, port, frontend) => {
  const frontends = [aFrontend('10.96.1.1'), frontend];

  it.each(['pod', 'node', 'outside'] as const)(
    'masquerades traffic from %s to all endpoints',
    async (from) => {
      const kernel = await programmed([aServicePlan({ frontends, clusterEndpoints: [here, there] })]);
      expect(fate(kernel, { from, to, port })).toEqual(BOTH_MASQUERADED);
    },
  );

  it.each([
    ['pod', BOTH],
    ['node', BOTH_MASQUERADED],
    ['outside', HERE],
  ] as const)(
    'under the Local policy keeps the source of traffic from outside: from %s',
    async (from, expected) => {
      const external = { policy: 'Local', verdict: 'balance' } as const;
      const plan = aServicePlan({
        frontends,
        external,
        clusterEndpoints: [here, there],
        localEndpoints: [here],
      });
      expect(fate(await programmed([plan]), { from, to, port })).toEqual(expected);
    },
  );

  it.each([
    ['pod', ['10.244.2.1:8080']],
    ['node', ['10.244.2.1:8080, masqueraded']],
    ['outside', ['DROP']],
  ] as const)('under the Local policy without endpoints here: from %s', async (from, expected) => {
    const external = { policy: 'Local', verdict: 'drop' } as const;
    const plan = aServicePlan({ frontends, external, clusterEndpoints: [there] });
    expect(fate(await programmed([plan]), { from, to, port })).toEqual(expected);
  });

  it.each(['pod', 'node', 'outside'] as const)('without endpoints rejects from %s', async (from) => {
    const nothing = { policy: 'Cluster', verdict: 'reject' } as const;
    const plan = aServicePlan({ frontends, internal: nothing, external: nothing, clusterEndpoints: [] });
    expect(fate(await programmed([plan]), { from, to, port })).toEqual(['REJECT']);
  });
});

describe('source ranges', () => {
  const frontends = [
    aFrontend('10.96.1.1'),
    aFrontend('203.0.113.9', { kind: 'LoadBalancerIP' }),
    aNodePort(30_080),
  ];
  const limited = { frontends, allowedSources: [cidr('198.51.100.0/25')], clusterEndpoints: [there] };
  const to = '203.0.113.9';

  it('let clients inside pass and drop all others', async () => {
    const kernel = await programmed([aServicePlan(limited)]);
    expect(fate(kernel, { from: 'outside', to })).toEqual(['10.244.2.1:8080, masqueraded']);
    expect(fate(kernel, { from: 'outside', to, source: '198.51.100.200' })).toEqual(['DROP']);
    expect(fate(kernel, { from: 'pod', to })).toEqual(['DROP']);
  });

  it('do not apply to the ClusterIP and the NodePort', async () => {
    const kernel = await programmed([aServicePlan(limited)]);
    expect(fate(kernel, { from: 'pod', to: '10.96.1.1' })).toEqual(['10.244.2.1:8080']);
    expect(fate(kernel, { from: 'outside', to: NODE, port: 30_080, source: '198.51.100.200' })).toEqual([
      '10.244.2.1:8080, masqueraded',
    ]);
  });

  it('without endpoints reject clients inside and drop all others', async () => {
    const nothing = { policy: 'Cluster', verdict: 'reject' } as const;
    const kernel = await programmed([aServicePlan({ ...limited, clusterEndpoints: [], external: nothing })]);
    expect(fate(kernel, { from: 'outside', to })).toEqual(['REJECT']);
    expect(fate(kernel, { from: 'outside', to, source: '198.51.100.200' })).toEqual(['DROP']);
  });

  it('of which none is of this family drop everybody', async () => {
    const kernel = await programmed([aServicePlan({ ...limited, allowedSources: [] })]);
    expect(fate(kernel, { from: 'outside', to })).toEqual(['DROP']);
  });

  it('that hold every address drop nobody', async () => {
    const kernel = await programmed([aServicePlan({ ...limited, allowedSources: [cidr('0.0.0.0/0')] })]);
    expect(fate(kernel, { from: 'outside', to, source: '203.0.113.200' })).toEqual([
      '10.244.2.1:8080, masqueraded',
    ]);
  });
});

describe('a NodePort', () => {
  const nodePort = aServicePlan({
    frontends: [aFrontend('10.96.1.1'), aNodePort(30_080)],
    clusterEndpoints: [there],
  });

  it('is reached on a node address that is also an external IP of another Service', async () => {
    const other = aServicePlan({
      name: { name: 'other' },
      frontends: [aFrontend('10.96.1.2'), aFrontend(NODE, { kind: 'ExternalIP', port: 443 })],
      clusterEndpoints: [here],
    });
    const kernel = await programmed([nodePort, other]);
    expect(fate(kernel, { from: 'outside', to: NODE, port: 30_080 })).toEqual([
      '10.244.2.1:8080, masqueraded',
    ]);
    expect(fate(kernel, { from: 'outside', to: NODE, port: 443 })).toEqual(['10.244.1.1:8080, masqueraded']);
    expect(fate(kernel, { from: 'outside', to: NODE, port: 22 })).toEqual(['passes by']);
  });

  it('answers only on the addresses that it is limited to', async () => {
    const kernel = await programmed([nodePort], { nodePortAddresses: { kind: 'only', ips: [ip(NODE)] } });
    expect(fate(kernel, { from: 'outside', to: NODE, port: 30_080 })).toEqual([
      '10.244.2.1:8080, masqueraded',
    ]);
    expect(fate(kernel, { from: 'outside', to: '203.0.113.99', port: 30_080 })).toEqual(['passes by']);
  });

  it('answers on loopback only where that is wanted', async () => {
    const probe = { from: 'node', to: '127.0.0.1', port: 30_080 } as const;
    expect(fate(await programmed([nodePort]), probe)).toEqual(['10.244.2.1:8080, masqueraded']);
    expect(fate(await programmed([nodePort], { hasLocalhostNodePorts: false }), probe)).toEqual([
      'passes by',
    ]);
  });

  it('for health checks is accepted once for all ports of a Service', async () => {
    const ports = ['http', 'https'].map((portName) =>
      aServicePlan({ name: { portName }, frontends: [], healthCheckNodePort: 31_000 }),
    );
    const kernel = await programmed(ports);
    expect(fate(kernel, { from: 'outside', to: NODE, port: 31_000 })).toEqual(['ACCEPT']);
    expect(kernel.iptables.save().match(/--dport 31000 -j ACCEPT/g)).toHaveLength(1);
  });
});

describe('session affinity', () => {
  const sticky = aServicePlan({ affinitySeconds: 300, clusterEndpoints: [here, there] });

  it.each([
    ['with ipset', FEATURES],
    ['without ipset', { ...FEATURES, hasSets: false }],
  ])('keeps a known client at its endpoint %s', async (_, features) => {
    const kernel = new TestKernel({ features });
    expect(await kernel.write(changeOf([sticky], { global: aGlobalPlan() }), true)).toMatchObject({
      ok: true,
    });
    const lists = [...kernel.iptables.save().matchAll(/^:(KUBE-SEP-\S+)/gm)].map(([, name = '']) => name);
    expect(lists).toHaveLength(2);
    const packet = { source: POD, destination: '10.96.1.1', protocol: 'tcp', port: 80 } as const;
    for (const list of lists) {
      const known = trace(kernel.nat, 'PREROUTING', { ...packet, sets: { [list]: [POD] } });
      const endpoint = kernel
        .nat(list)
        ?.join(' ')
        .match(/--to-destination (\S+)/)?.[1];
      expect(known.map(({ verdict }) => verdict)).toEqual([`DNAT ${endpoint}`]);
    }
    expect(trace(kernel.nat, 'PREROUTING', packet)).toHaveLength(2);
  });

  it('remembers the client for the time that the Service says', async () => {
    const kernel = await programmed([sticky]);
    const rules = [...kernel.iptables.save().matchAll(/^-A (KUBE-SEP-\S+) .*-j SET (.*)$/gm)];
    expect(rules.map(([, chain, rest]) => rest === `--add-set ${chain} src --exist --timeout 300`)).toEqual([
      true,
      true,
    ]);
    expect([...kernel.iptables.sets.keys()].filter((name) => name.startsWith('KUBE-SEP-'))).toHaveLength(2);
  });
});
