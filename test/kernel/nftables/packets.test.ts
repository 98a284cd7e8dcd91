// What the chains do with real packets. Elements are written as text, so that nothing but the chains is tested: which elements a
// Service gets, and all combinations of them, is for the packet-flow suite.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SkeletonContext } from '../../../src/dataplane/nftables/skeleton.ts';
import { Lab } from '../../../src/lab/lab.ts';
import type { Place, ProbeOptions } from '../../../src/lab/place.ts';
import type { GlobalPlan } from '../../../src/plan/plan.ts';
import { aGlobalPlan } from '../../builders/iptables-plans.ts';
import { cidr } from '../../builders/records.ts';
import { runIn, writeSkeleton } from './skeleton-bed.ts';

const LOCAL_PODS = ['pod-1', 'pod-2', 'pod-3'];
const REMOTE_PODS = ['pod-4', 'pod-5', 'pod-6', 'pod-7'];
const POD_PORT = 8080;
const HOST_PORT = 9000;

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.start({
    nodes: [{ name: 'node-1' }, { name: 'node-2' }],
    pods: [...LOCAL_PODS, ...REMOTE_PODS].map((name) => ({
      name,
      node: LOCAL_PODS.includes(name) ? 'node-1' : 'node-2',
      ports: [POD_PORT],
    })),
    clientExtraIps: ['198.51.100.20', '2001:db8:51::20'],
  });
  await lab.node('node-1').listen([HOST_PORT]);
});
afterAll(() => lab.close());

describe.each(['IPv4', 'IPv6'] as const)('the chains of %s', (family) => {
  const isIpv4 = family === 'IPv4';
  const nft = isIpv4 ? 'ip' : 'ip6';
  const serviceIp = isIpv4 ? '10.96.0.1' : 'fd00:10:96::1';
  const unallocatedIp = isIpv4 ? '10.96.0.2' : 'fd00:10:96::2';
  const externalIp = isIpv4 ? '203.0.113.1' : '2001:db8:203::1';
  const noIp = isIpv4 ? '0.0.0.0' : '::';
  const otherClientIp = isIpv4 ? '198.51.100.20' : '2001:db8:51::20';
  const node = () => lab.node('node-1');
  const nodeIp = () => node().ips[family];
  const podIp = (name: string) => lab.pod(name).ips[family];
  const fromClient = (to: string, port: number, options: Partial<ProbeOptions> = {}) =>
    probeAll(lab.client, { to, port, via: 'node-1', ...options });
  const fromPod = (to: string, port: number, options: Partial<ProbeOptions> = {}) =>
    probeAll(lab.pod('pod-1'), { to, port, ...options });
  const fromNode = (to: string, port: number) => probeAll(node(), { to, port });

  const add = (set: string, ...elements: string[]) =>
    runIn(node().netns, 'nft', ['add', 'element', nft, 'kube-proxy', set, `{ ${elements.join(', ')} }`]);
  const addEndpoints = (frontend: string, pods: readonly string[], firstSlot = 0) =>
    add(
      'endpoints',
      ...pods.map((name, i) => `${frontend} . ${firstSlot + i} : ${podIp(name)} . ${POD_PORT}`),
    );
  const addInternal = (frontend: string, size: number) => {
    add('plain-frontends', frontend);
    add(`frontends-${size}`, frontend);
  };
  const addExternal = (set: string, frontend: string) => {
    add(set, frontend);
    if (!frontend.startsWith(`${noIp} `)) add('treated-frontends', frontend);
  };
  const reset = (fields: Partial<GlobalPlan> = {}, affinitySeconds: readonly number[] = []) => {
    runIn(node().netns, 'nft', ['flush', 'ruleset']);
    const context: SkeletonContext = {
      family,
      global: aGlobalPlan({
        localDetector: { kind: 'source-cidr', cidr: cidr(isIpv4 ? '10.244.1.0/24' : 'fd00:10:244:1::/64') },
        hasLocalhostNodePorts: false,
        ...fields,
      }),
      affinitySeconds,
    };
    expect(writeSkeleton(node().netns, context)).toEqual([]);
  };
  beforeEach(() => reset());

  it.each([1, 2, 3, 7])('balance over %i endpoints of a ClusterIP', async (count) => {
    const pods = [...REMOTE_PODS, ...LOCAL_PODS.toReversed()].slice(0, count);
    for (const protocol of ['tcp', 'udp']) {
      const frontend = `${serviceIp} . ${protocol} . 80`;
      addEndpoints(frontend, pods);
      addInternal(frontend, count === 1 ? 1 : count <= 4 ? 4 : 16);
    }
    add('service-cluster-ips', serviceIp);
    for (const protocol of ['tcp', 'udp'])
      add('hairpin-endpoints', `${podIp('pod-2')} . ${podIp('pod-2')} . ${protocol} . ${POD_PORT}`);

    for (const protocol of ['TCP', 'UDP'] as const) {
      const seen = await probeAll(lab.pod('pod-2'), { to: serviceIp, port: 80, protocol, count: 150 });
      expect(seen.answeredBy).toEqual(pods.toSorted());
      expect(seen.errors).toEqual([]);
    }
    expect((await fromClient(serviceIp, 80, { count: 150 })).answeredBy).toEqual(pods.toSorted());
    expect((await fromNode(serviceIp, 80)).errors).toEqual([]);
  });

  it('keep the source of local pods on the way to a ClusterIP, and masquerade all others', async () => {
    const frontend = `${serviceIp} . tcp . 80`;
    addEndpoints(frontend, ['pod-4']);
    addInternal(frontend, 1);
    add('service-cluster-ips', serviceIp);
    expect((await fromPod(serviceIp, 80)).sources).toEqual([podIp('pod-1')]);
    expect((await fromClient(serviceIp, 80)).sources).toEqual([nodeIp()]);
    reset({ masqueradeAll: true });
    addEndpoints(frontend, ['pod-4']);
    addInternal(frontend, 1);
    add('service-cluster-ips', serviceIp);
    expect((await fromPod(serviceIp, 80)).sources).toEqual([nodeIp()]);
  });

  it('know local pods by their interface', async () => {
    const frontend = `${serviceIp} . tcp . 80`;
    for (const localDetector of [
      { kind: 'input-interface-prefix', prefix: 'veth' },
      { kind: 'input-interface', name: 'veth1' },
    ] as const) {
      reset({ localDetector });
      addEndpoints(frontend, ['pod-4']);
      addInternal(frontend, 1);
      add('service-cluster-ips', serviceIp);
      expect((await fromPod(serviceIp, 80)).sources).toEqual([podIp('pod-1')]);
      expect((await fromClient(serviceIp, 80)).sources).toEqual([nodeIp()]);
      expect((await fromNode(serviceIp, 80)).sources).toEqual([nodeIp()]);
    }
  });

  it('masquerade a pod that is balanced to itself', async () => {
    const frontend = `${serviceIp} . tcp . 80`;
    addEndpoints(frontend, ['pod-1']);
    addInternal(frontend, 1);
    add('service-cluster-ips', serviceIp);
    expect((await fromPod(serviceIp, 80, { timeoutMs: 300 })).errors).toEqual(['ETIMEDOUT']);
    add('hairpin-endpoints', `${podIp('pod-1')} . ${podIp('pod-1')} . tcp . ${POD_PORT}`);
    expect(await fromPod(serviceIp, 80)).toMatchObject({ answeredBy: ['pod-1'], errors: [] });
    expect((await probeAll(lab.pod('pod-2'), { to: serviceIp, port: 80 })).sources).toEqual([podIp('pod-2')]);
  });

  it('serve NodePorts on addresses of the node, masqueraded under the Cluster policy', async () => {
    const frontend = `${noIp} . tcp . 30080`;
    addEndpoints(frontend, ['pod-1', 'pod-4']);
    addExternal('cluster-external-frontends', frontend);
    add('frontends-4', frontend);
    const seen = await fromClient(nodeIp(), 30_080, { count: 50 });
    expect(seen).toMatchObject({ answeredBy: ['pod-1', 'pod-4'], errors: [] });
    expect(seen.sources).not.toContain(lab.client.ips[family]);
    expect((await fromNode(nodeIp(), 30_080)).errors).toEqual([]);
    expect((await fromPod(nodeIp(), 30_080, { count: 5 })).errors).toEqual([]);
    const loopback = await fromNode(isIpv4 ? '127.0.0.1' : '::1', 30_080);
    expect(loopback.errors).toEqual(['ECONNREFUSED']);
  });

  it('serve NodePorts on the addresses of the set alone where they are restricted', async () => {
    reset({ nodePortAddresses: { kind: 'only', ips: [] } });
    const frontend = `${noIp} . tcp . 30080`;
    addEndpoints(frontend, ['pod-4']);
    addExternal('cluster-external-frontends', frontend);
    add('frontends-1', frontend);
    expect((await fromClient(nodeIp(), 30_080)).errors).toEqual(['ECONNREFUSED']);
    add('node-port-addresses', nodeIp());
    expect((await fromClient(nodeIp(), 30_080)).errors).toEqual([]);
  });

  it.each([
    { what: 'external address', to: () => externalIp, address: externalIp },
    { what: 'NodePort', to: nodeIp, address: noIp },
  ])(
    'give outsiders local endpoints under the Local policy, pods and the node all: $what',
    async (external) => {
      const { to, address } = external;
      const frontend = `${address} . tcp . 30080`;
      addEndpoints(frontend, ['pod-2', 'pod-4']);
      addEndpoints(frontend, ['pod-2'], 65_536);
      addExternal('local-external-frontends', frontend);
      add('frontends-4', frontend);
      add('local-frontends-1', frontend);

      const outside = await fromClient(to(), 30_080, { count: 20 });
      expect(outside).toEqual({ answeredBy: ['pod-2'], sources: [lab.client.ips[family]], errors: [] });
      const pod = await fromPod(to(), 30_080, { count: 30 });
      expect(pod).toEqual({ answeredBy: ['pod-2', 'pod-4'], sources: [podIp('pod-1')], errors: [] });
      const own = await probeAll(node(), { to: to(), port: 30_080, count: 30 });
      expect(own).toMatchObject({ answeredBy: ['pod-2', 'pod-4'], errors: [] });
    },
  );

  it('reject what has no endpoints, and drop what has none here', async () => {
    add('rejected-frontends', `${externalIp} . tcp . 80`, `${noIp} . tcp . 30080`);
    add('dropped-frontends', `${externalIp} . tcp . 81`, `${noIp} . tcp . 30081`);
    expect((await fromClient(externalIp, 80)).errors).toEqual(['ECONNREFUSED']);
    expect((await fromNode(externalIp, 80)).errors).toEqual(['ECONNREFUSED']);
    expect((await fromClient(externalIp, 81, { timeoutMs: 300 })).errors).toEqual(['ETIMEDOUT']);
    expect((await fromClient(nodeIp(), 30_080)).errors).toEqual(['ECONNREFUSED']);
    expect((await fromClient(nodeIp(), 30_081, { timeoutMs: 300 })).errors).toEqual(['ETIMEDOUT']);
  });

  it('reject unknown ports of ClusterIPs and drop what goes to unallocated ones', async () => {
    add('service-cluster-ips', serviceIp);
    add('service-cidrs', isIpv4 ? '10.96.0.0/16' : 'fd00:10:96::/112');
    for (const protocol of ['TCP', 'UDP'] as const)
      expect((await fromPod(serviceIp, 81, { protocol })).errors).toEqual(['ECONNREFUSED']);
    expect((await fromNode(serviceIp, 81)).errors).toEqual(['ECONNREFUSED']);
    expect((await fromPod(unallocatedIp, 80, { timeoutMs: 300 })).errors).toEqual(['ETIMEDOUT']);
  });

  it('let only allowed sources in', async () => {
    const frontend = `${externalIp} . tcp . 80`;
    addEndpoints(frontend, ['pod-4']);
    addExternal('cluster-external-frontends', frontend);
    add('frontends-1', frontend);
    add('restricted-frontends', frontend);
    add('allowed-sources', `${frontend} . ${otherClientIp}/${isIpv4 ? 30 : 126}`);
    expect((await fromClient(externalIp, 80, { timeoutMs: 300 })).errors).toEqual(['ETIMEDOUT']);
    expect((await fromClient(externalIp, 80, { fromIp: otherClientIp })).errors).toEqual([]);
  });

  describe('with affinity', () => {
    const TIMEOUT_S = 60;
    const clients = () => elementsOf(node(), nft, 'clients');
    const addSticky = (address: string, port: number) => {
      const frontend = `${address} . tcp . ${port}`;
      addEndpoints(frontend, REMOTE_PODS);
      if (address === serviceIp) add('treated-frontends', frontend);
      else addExternal('cluster-external-frontends', frontend);
      add('frontends-4', frontend);
      add(`affinity-${TIMEOUT_S}s`, frontend);
    };
    beforeEach(() => reset({}, [TIMEOUT_S]));

    it.each(['TCP', 'UDP'] as const)('keep a client at its endpoint: %s', async (protocol) => {
      const frontend = `${serviceIp} . ${protocol.toLowerCase()} . 80`;
      addEndpoints(frontend, REMOTE_PODS);
      add('treated-frontends', frontend);
      add('frontends-4', frontend);
      add(`affinity-${TIMEOUT_S}s`, frontend);
      const [first = ''] = (await fromPod(serviceIp, 80, { protocol })).answeredBy;
      const again = await fromPod(serviceIp, 80, { protocol, count: 20 });
      expect(again).toMatchObject({ answeredBy: [first], errors: [] });
      expect(clients()).toHaveLength(1);
      expect(clients()[0]).toContain(`${frontend} . ${podIp('pod-1')}`);
      expect(clients()[0]).toContain(`: ${podIp(first)} . ${POD_PORT}`);
    });

    it('know clients of NodePorts by the address that they use', async () => {
      addSticky(noIp, 30_080);
      const [first = ''] = (await fromClient(nodeIp(), 30_080)).answeredBy;
      expect((await fromClient(nodeIp(), 30_080, { count: 20 })).answeredBy).toEqual([first]);
      expect(clients()).toHaveLength(1);
      expect(clients()[0]).toContain(`${nodeIp()} . tcp . 30080 . ${lab.client.ips[family]}`);
    });

    it('renew the timeout with each connection', async () => {
      addSticky(serviceIp, 80);
      await fromPod(serviceIp, 80);
      const before = expiryMs(clients()[0]);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await fromPod(serviceIp, 80);
      // Two seconds less if it were not renewed.
      expect(expiryMs(clients()[0])).toBeGreaterThan(before - 1000);
    });

    it('pick anew for a client that is forgotten', async () => {
      addSticky(serviceIp, 80);
      const seen = new Set<string>();
      for (let i = 0; i < 30; i++) {
        for (const name of (await fromPod(serviceIp, 80)).answeredBy) seen.add(name);
        runIn(node().netns, 'nft', ['flush', 'map', nft, 'kube-proxy', 'clients']);
      }
      expect([...seen].sort()).toEqual(REMOTE_PODS);
    });

    it('remember endpoints that have the address of the node itself', async () => {
      const frontend = `${externalIp} . tcp . 80`;
      add('endpoints', `${frontend} . 0 : ${nodeIp()} . ${HOST_PORT}`);
      addExternal('cluster-external-frontends', frontend);
      add('frontends-1', frontend);
      add(`affinity-${TIMEOUT_S}s`, frontend);
      expect((await fromClient(externalIp, 80)).answeredBy).toEqual(['node-1']);
      expect(clients()).toHaveLength(1);
    });
  });
});

interface Seen {
  readonly answeredBy: readonly string[];
  readonly sources: readonly string[];
  readonly errors: readonly string[];
}

/** What all connections together saw, each thing once, sorted. */
async function probeAll(place: Place, options: ProbeOptions): Promise<Seen> {
  const attempts = await place.probe({ timeoutMs: 5000, ...options });
  const answers = attempts.flatMap((attempt) => (attempt.ok ? [attempt.answer] : []));
  const unique = (values: readonly string[]) => [...new Set(values)].sort();
  return {
    answeredBy: unique(answers.map(({ name }) => name)),
    sources: unique(answers.map(({ peer }) => peer.ip)),
    errors: unique(attempts.flatMap((attempt) => (attempt.ok ? [] : [attempt.error]))),
  };
}

function elementsOf(place: Place, nft: string, map: string): string[] {
  const listing = runIn(place.netns, 'nft', ['list', 'map', nft, 'kube-proxy', map]);
  const [, elements = ''] = /elements = \{([^}]*)\}/.exec(listing) ?? [];
  return elements
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

function expiryMs(element = ''): number {
  const [, seconds = '0', milliseconds = '0'] = /expires (?:(\d+)s)?(?:(\d+)ms)?/.exec(element) ?? [];
  return Number(seconds) * 1000 + Number(milliseconds);
}
