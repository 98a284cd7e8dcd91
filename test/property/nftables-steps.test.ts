// Any way of small steps leads to the elements that one big step from an empty table makes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Packed } from '../../src/dataplane/nftables/element.ts';
import { packPort } from '../../src/dataplane/nftables/packed.ts';
import type { ServicePortKey } from '../../src/model/names.ts';
import type { Frontend, GlobalPlan, PlannedEndpoint, ServicePlan } from '../../src/plan/plan.ts';
import { applyAround } from '../../src/sync/apply-around.ts';
import {
  aFrontend,
  aGlobalPlan,
  aNodePort,
  aServicePlan,
  aTarget,
  changeOf,
} from '../builders/iptables-plans.ts';
import { contentsOf, NftTestKernel } from '../builders/nftables-kernel.ts';
import { cidr, ip } from '../builders/records.ts';
import type { NftTable } from '../fakes/nft-table.ts';

const endpoint: fc.Arbitrary<PlannedEndpoint> = fc
  .nat(255)
  .map((host) => aTarget(`10.244.1.${host}`, { isHairpinPossible: host % 3 === 0 }));
const endpoints = fc.uniqueArray(endpoint, { selector: ({ ip }) => ip, maxLength: 40, size: 'max' });

/** Each Service has its own addresses and ports, but for a ClusterIP that all share; a few are taken from another Service. */
const frontends = (index: number): fc.Arbitrary<readonly Frontend[]> =>
  fc.subarray([
    aFrontend(`10.96.1.${index}`),
    aFrontend('10.96.2.1', { port: 1000 + index, protocol: 'UDP' }),
    aFrontend(`203.0.113.${index}`, { kind: 'LoadBalancerIP' }),
    aFrontend(`203.0.113.${index}`, { kind: 'ExternalIP', port: 81 }),
    aNodePort(30_000 + index),
    aFrontend('10.96.1.9', { lostTo: 'shop/other/TCP' as ServicePortKey }),
  ]);
const SERVICES = 6;

const traffic = fc.record({
  policy: fc.constantFrom('Cluster', 'Local'),
  verdict: fc.constantFrom('balance', 'reject', 'drop'),
});

const SOURCES = [undefined, [], ['198.51.100.0/24', '0.0.0.0/0'], ['198.51.100.0/24', '203.0.113.7/32']];

/** The key of the frontends is apart from that of the Service: addresses move from one Service to another. */
const service = fc.tuple(fc.nat(SERVICES - 1), fc.nat(SERVICES - 1)).chain(([name, addresses]) =>
  fc
    .record({
      frontends: frontends(addresses),
      clusterEndpoints: endpoints,
      localEndpoints: endpoints,
      internal: traffic,
      external: traffic,
      affinitySeconds: fc.constantFrom(0, 0, 300, 600),
      allowedSources: fc.constantFrom(...SOURCES.map((ranges) => ranges?.map(cidr))),
    })
    .map((fields) => ({ addresses, plan: aServicePlan({ ...fields, name: { name: `svc-${name}` } }) })),
);
const global: fc.Arbitrary<GlobalPlan> = fc
  .record({
    serviceCidrs: fc.subarray(['10.96.0.0/12', '10.96.0.0/16', '10.112.0.0/16'].map(cidr)),
    nodePortAddresses: fc.constantFrom(
      { kind: 'all' as const },
      { kind: 'only' as const, ips: [ip('192.0.2.11')] },
      { kind: 'only' as const, ips: [ip('192.0.2.11'), ip('192.0.2.12')] },
    ),
    masqueradeAll: fc.boolean(),
  })
  .map(aGlobalPlan);

const removal = fc
  .nat(SERVICES - 1)
  .map((name) => ({ removed: aServicePlan({ name: { name: `svc-${name}` } }).key }));
const step = fc.oneof({ weight: 4, arbitrary: service }, { weight: 1, arbitrary: removal });
const batch = fc.record({
  steps: fc.array(step, { maxLength: 4 }),
  global: fc.option(global, { nil: undefined, freq: 4 }),
});
type Batch = typeof batch extends fc.Arbitrary<infer B> ? B : never;

/** The plans after each batch: a Service that gets addresses takes them from the one that has them. */
class Cluster {
  readonly plans = new Map<ServicePortKey, ServicePlan>();
  readonly #holders = new Map<number, ServicePortKey>();
  #global = aGlobalPlan();

  get whole() {
    return changeOf([...this.plans.values()], { global: this.#global });
  }

  live({ steps, global }: Batch) {
    const touched = new Set<ServicePortKey>();
    for (const each of steps) {
      const key = 'removed' in each ? each.removed : each.plan.key;
      touched.add(key);
      this.#leave(key);
      if ('removed' in each) continue;
      const holder = this.#holders.get(each.addresses);
      if (holder) {
        touched.add(holder);
        this.#leave(holder);
      }
      this.plans.set(key, each.plan);
      this.#holders.set(each.addresses, key);
    }
    if (global) this.#global = global;
    const services = new Map(Array.from(touched, (key) => [key, this.plans.get(key)]));
    return { family: 'IPv4', global, services } as const;
  }

  #leave(key: ServicePortKey): void {
    this.plans.delete(key);
    for (const [addresses, holder] of this.#holders) if (holder === key) this.#holders.delete(addresses);
  }
}

function fromNothing(cluster: Cluster): NftTestKernel {
  const kernel = new NftTestKernel();
  expect(kernel.write(cluster.whole, true)).toMatchObject({ ok: true });
  return kernel;
}

function expectSame(kernel: NftTestKernel, cluster: Cluster): void {
  const fresh = fromNothing(cluster);
  expect(contentsOf(kernel.table)).toEqual(contentsOf(fresh.table));
  expect(kernel.table.chains).toEqual(fresh.table.chains);
  expect(kernel.state.elementCount).toBe(fresh.state.elementCount);
  expect(kernel.state.uses).toEqual(fresh.state.uses);
}

/** What the state says of the table is what is there. */
function expectKnown({ state, table }: NftTestKernel): void {
  const actual = table.read();
  expect(state.table).toEqual(actual.table);
  if (state.found) expect(state.found).toEqual(actual.found);
}

const batches = fc.array(batch, { maxLength: 8 });

describe('the nftables dataplane', { timeout: 60_000 }, () => {
  it('ends with the same elements after any changes as from nothing', () => {
    fc.assert(
      fc.property(batches, (story) => {
        const cluster = new Cluster();
        const kernel = fromNothing(cluster);
        for (const each of story) {
          expect(kernel.write(cluster.live(each))).toMatchObject({ ok: true });
          expectKnown(kernel);
        }
        expectSame(kernel, cluster);
      }),
      { numRuns: 40 },
    );
  });

  it('finds nothing to do when it reads what it wrote, with and without its memory', () => {
    fc.assert(
      fc.property(batches, (story) => {
        const cluster = new Cluster();
        const kernel = fromNothing(cluster);
        for (const each of story) kernel.write(cluster.live(each));
        for (const known of [kernel.state, undefined]) {
          kernel.state = kernel.table.read(known);
          kernel.write(cluster.whole, true);
          expect(kernel.changes?.isEmpty).toBe(true);
          expect(kernel.written).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('repairs any damage by one complete write, with and without its memory', () => {
    fc.assert(
      fc.property(batches, fc.array(fc.nat(), { maxLength: 20 }), fc.boolean(), (story, picks, remembers) => {
        const cluster = new Cluster();
        const kernel = fromNothing(cluster);
        for (const each of story) kernel.write(cluster.live(each));
        for (const pick of picks) damage(kernel.table, pick);
        kernel.state = kernel.table.read(remembers ? kernel.state : undefined);
        expect(kernel.write(cluster.whole, true)).toMatchObject({ ok: true });
        expectSame(kernel, cluster);
      }),
      { numRuns: 40 },
    );
  });

  it('is written around Services that the kernel refuses, whatever was there before', async () => {
    await fc.assert(
      fc.asyncProperty(
        batches,
        fc.subarray([0, 1, 2, 3, 4, 5]),
        fc.boolean(),
        async (story, names, isFirst) => {
          const cluster = new Cluster();
          for (const each of story.slice(0, -1)) cluster.live(each);
          const kernel = isFirst ? new NftTestKernel() : fromNothing(cluster);
          for (const each of story.slice(-1)) cluster.live(each);
          kernel.state = kernel.table.read(kernel.state);
          const refused = names.map((name) => aServicePlan({ name: { name: `svc-${name}` } }).key);
          kernel.table.refused = new Set(refused);
          for (const key of await writeAround(kernel, cluster)) cluster.plans.delete(key);
          expectSame(kernel, cluster);
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** As FamilySync does: parts that are not complete, and at the end all but those at fault, which are returned. */
async function writeAround(kernel: NftTestKernel, cluster: Cluster): Promise<Iterable<ServicePortKey>> {
  const { whole } = cluster;
  const keys = [...whole.services.keys()];
  const restrict = (isWanted: (key: ServicePortKey) => boolean) => ({
    ...whole,
    services: new Map(Array.from(whole.services).filter(([key]) => isWanted(key))),
  });
  const outcome = await applyAround(keys, async (part) => {
    const isWhole = part.length === keys.length;
    const result = kernel.write(
      restrict((key) => part.includes(key)),
      isWhole,
    );
    expectKnown(kernel);
    return result;
  });
  if (!outcome.ok) throw new Error(outcome.error);
  if (outcome.refused.size > 0) {
    const rest = restrict((key) => !outcome.refused.has(key));
    expect(kernel.write(rest, true)).toMatchObject({ ok: true });
  }
  return outcome.refused.keys();
}

/** An element is gone, or has another value, or a chain has lost its rules. */
function damage({ sets, chains }: NftTable, pick: number): void {
  const [set] = [...sets.values()].slice(pick % sets.size);
  const keys = [...(set?.elements.keys() ?? [])];
  const element = set?.elements.get(keys[pick % keys.length] ?? NO_KEY);
  if (set && element && pick % 3 > 0) set.elements.delete(element.key);
  else if (set && element && !set.schema.isInterval) {
    set.elements.set(element.key, { ...element, ...(element.value && { value: packPort(1) }) });
  }
  const [chain] = [...chains].slice(pick % chains.size);
  if (chain && pick % 4 === 0) chains.set(chain[0], { ...chain[1], rules: [] });
}

const NO_KEY = '' as Packed;
