// Services at the edges of what nftables mode has room for, in a real kernel, beside a harmless one.
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/kube/json-object.ts';
import { StepTimes } from '../../../src/sync/step-times.ts';
import { HARMLESS_VIP, HostileCluster } from '../../builders/hostile-cluster.ts';
import {
  aFrontend,
  aGlobalPlan,
  aNodePort,
  aServicePlan,
  aTarget,
  changeOf,
} from '../../builders/iptables-plans.ts';
import { FAMILIES } from './bed.ts';
import { createNftablesBed, type KernelBed, removeKernelBeds } from './kernel-bed.ts';

afterEach(removeKernelBeds);

const ADDRESSES = {
  IPv4: {
    vip: '10.98.0.1',
    zero: '0.0.0.0',
    loadBalancer: '203.0.113.9',
    range: (i: number) => `10.${i >> 8}.${i & 255}.0/24`,
  },
  IPv6: {
    vip: 'fd00:10:98::1',
    zero: '::',
    loadBalancer: '2001:db8:113::9',
    range: (i: number) => `2001:db8:${i.toString(16)}::/48`,
  },
} as const;

const ENDPOINTS = 70_000;
/** Slots of endpoints: what is beyond them is left out. */
const MAX_ENDPOINTS = 65_536;
const RANGES = 5_000;
/** No API server lets them pass. */
const HOSTILE_NAMES = ['a" } ; flush ruleset', 'x'.repeat(300), 'ä\n\0 $(reboot)', '\\"', ''];

describe.each(FAMILIES)('nftables, %s', (family) => {
  const { vip, zero, loadBalancer, range } = ADDRESSES[family];

  it('gives a Service with 70,000 endpoints those that it has slots for', async () => {
    const bed = createNftablesBed(family);
    const cluster = new HostileCluster(bed.kernel);
    cluster.put(service('crowd', { clusterIPs: [vip] }));
    for (const slice of slicesOf('crowd', family)) cluster.put(slice);
    expect(await cluster.family.sync('start')).toMatchObject({ outcome: 'committed', error: '' });
    expect(cluster.setAside).toEqual([]);
    expect(linesWith(bed, 'endpoints', vip)).toHaveLength(MAX_ENDPOINTS);
    expect(linesWith(bed, 'endpoints', HARMLESS_VIP[family])).toHaveLength(1);
    expect(bed.faults()).toEqual([]);
    expect(await cluster.family.sync('audit')).toMatchObject({ outcome: 'nothing-to-do' });
  });

  it('takes no unspecified address for a NodePort', async () => {
    const bed = createNftablesBed(family);
    const cluster = new HostileCluster(bed.kernel);
    cluster.put(service('everywhere', { clusterIPs: [vip], externalIPs: [zero] }));
    cluster.put(sliceOf('everywhere', family, [1]));
    expect(await cluster.family.sync('start')).toMatchObject({ outcome: 'committed', error: '' });
    expect(linesWith(bed, 'frontends-1', vip)).toHaveLength(1);
    expect(bed.rules().filter((line) => line.includes(`["${zero}",`))).toEqual([]);
  });

  it('takes thousands of source ranges, one within the other, and one twice', async () => {
    const bed = createNftablesBed(family);
    const cluster = new HostileCluster(bed.kernel);
    const ranges = Array.from({ length: RANGES }, (_, i) => range(2 * i));
    cluster.put({
      ...service('choosy', {
        type: 'LoadBalancer',
        clusterIPs: [vip],
        loadBalancerSourceRanges: [...ranges, ranges[0], ranges[1]?.replace(/\d+$/, '64') ?? ''],
      }),
      status: { loadBalancer: { ingress: [{ ip: loadBalancer }] } },
    });
    cluster.put(sliceOf('choosy', family, [1]));
    expect(await cluster.family.sync('start')).toMatchObject({ outcome: 'committed', error: '' });
    expect(cluster.setAside).toEqual([]);
    expect(linesWith(bed, 'allowed-sources', loadBalancer)).toHaveLength(RANGES);
    expect(await cluster.family.sync('audit')).toMatchObject({ outcome: 'nothing-to-do' });
  });

  it('lists what nft loads again, whatever Services are called', async () => {
    const bed = createNftablesBed(family);
    const plans = HOSTILE_NAMES.map((name, i) =>
      aServicePlan({
        name: { namespace: name, name, portName: name },
        frontends: [aFrontend(vip.replace(/1$/, `${i + 2}`)), aNodePort(30_000 + i)],
        clusterEndpoints: [aTarget(addressOf(family, 1)), aTarget(addressOf(family, 2))],
        // nft 1.0.6 dies of rules that learn clients of IPv6 when it loads them.
        affinitySeconds: family === 'IPv4' ? 60 : 0,
      }),
    );
    const global = aGlobalPlan({ localDetector: { kind: 'none' }, serviceCidrs: [] });
    const write = { change: changeOf(plans, { family, global }), isComplete: true };
    expect(await bed.kernel.write(write, new StepTimes())).toMatchObject({ ok: true });
    const before = bed.rules();
    expect(before.filter((line) => line.includes(' element frontends-4 '))).toHaveLength(10);

    const listing = bed.run('nft', ['list', 'ruleset']);
    bed.run('nft', ['flush', 'ruleset']);
    bed.run('nft', ['-f', '-'], listing);
    expect(bed.rules().sort()).toEqual(before.sort());
  });
});

function service(name: string, spec: JsonObject): JsonObject {
  const ports = [{ name: '', port: 80, protocol: 'TCP' }];
  return { kind: 'Service', metadata: { namespace: 'shop', name }, spec: { ports, ...spec } };
}

function* slicesOf(name: string, family: 'IPv4' | 'IPv6'): Generator<JsonObject> {
  for (let first = 1; first <= ENDPOINTS; first += 1_000) {
    const hosts = Array.from({ length: 1_000 }, (_, i) => first + i);
    yield sliceOf(name, family, hosts);
  }
}

function sliceOf(name: string, family: 'IPv4' | 'IPv6', hosts: readonly number[]): JsonObject {
  return {
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'shop',
      name: `${name}-${hosts[0]}`,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: family,
    endpoints: hosts.map((host) => ({ addresses: [addressOf(family, host)], conditions: { ready: true } })),
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  };
}

function addressOf(family: 'IPv4' | 'IPv6', host: number): string {
  return family === 'IPv4'
    ? `10.${100 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`
    : `fd00:10:244::${(host >> 16).toString(16)}:${(host & 0xffff).toString(16)}`;
}

function linesWith(bed: KernelBed, set: string, address: string): string[] {
  return bed.rules().filter((line) => line.includes(` element ${set} `) && line.includes(`"${address}"`));
}
