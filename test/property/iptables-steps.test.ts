// Any way of small steps leads to the rules that one big step from an empty kernel makes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frontend, PlannedEndpoint, ServicePlan } from '../../src/plan/plan.ts';
import {
  aFrontend,
  aGlobalPlan,
  aNodePort,
  aServicePlan,
  aTarget,
  changeOf,
  TestKernel,
} from '../builders/iptables-plans.ts';
import { cidr } from '../builders/records.ts';

// As in a plan, an endpoint is the same in both sets.
const endpoint: fc.Arbitrary<PlannedEndpoint> = fc
  .nat(255)
  .map((host) => aTarget(`10.244.1.${host}`, { isHairpinPossible: host % 3 === 0 }));
const endpoints = fc.uniqueArray(endpoint, { selector: ({ ip }) => ip, maxLength: 40, size: 'max' });
const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP');
const frontend: fc.Arbitrary<Frontend> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('ClusterIP', 'ExternalIP', 'LoadBalancerIP'),
      fc.nat(30),
      fc.integer({ min: 80, max: 90 }),
      protocol,
    )
    .map(([kind, host, port, protocol]) => aFrontend(`10.96.${host & 1}.${host}`, { kind, port, protocol })),
  fc.integer({ min: 30_000, max: 30_040 }).map((port) => aNodePort(port)),
);
const traffic = fc.record({
  policy: fc.constantFrom('Cluster', 'Local'),
  verdict: fc.constantFrom('balance', 'reject', 'drop'),
});
const service: fc.Arbitrary<ServicePlan> = fc
  .record({
    frontends: fc.uniqueArray(frontend, {
      selector: ({ ip, port, protocol }) => `${ip} ${port} ${protocol}`,
      maxLength: 4,
    }),
    clusterEndpoints: endpoints,
    localEndpoints: endpoints,
    internal: traffic,
    external: traffic,
    affinitySeconds: fc.constantFrom(0, 0, 300),
    allowedSources: fc.constantFrom(undefined, [cidr('198.51.100.0/24'), cidr('0.0.0.0/0')]),
    healthCheckNodePort: fc.constantFrom(0, 0, 31_000, 31_001),
  })
  .map(aServicePlan);

interface Step {
  readonly name: string;
  readonly plan: ServicePlan | undefined;
}

const step: fc.Arbitrary<Step> = fc
  .tuple(fc.nat(30), fc.option(service, { nil: undefined, freq: 3 }))
  .map(([name, plan]) => ({
    name: `svc-${name}`,
    plan: plan && aServicePlan({ ...plan, name: { name: `svc-${name}` } }),
  }));

async function fromNothing(plans: readonly ServicePlan[]): Promise<TestKernel> {
  const kernel = new TestKernel();
  expect(await kernel.write(changeOf(plans, { global: aGlobalPlan() }), true)).toMatchObject({ ok: true });
  return kernel;
}

describe('the iptables dataplane', () => {
  it('ends with the same rules and sets after any changes as from nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 8 }), async (batches) => {
        const kernel = await fromNothing([]);
        const plans = new Map<string, ServicePlan>();
        for (const batch of batches) {
          const services = new Map(
            batch.map(({ name, plan }) => [aServicePlan({ name: { name } }).key, plan]),
          );
          const result = await kernel.write({ family: 'IPv4', global: undefined, services });
          expect(result).toMatchObject({ ok: true });
          for (const [key, plan] of services) {
            if (plan) plans.set(key, plan);
            else plans.delete(key);
          }
        }
        const fresh = await fromNothing([...plans.values()]);
        expect(kernel.iptables.save()).toBe(fresh.iptables.save());
        expect(new Map([...kernel.iptables.sets].sort())).toEqual(new Map([...fresh.iptables.sets].sort()));
        expect(kernel.dataplane.size(kernel.state as never)).toEqual(
          fresh.dataplane.size(fresh.state as never),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('finds nothing to do when it reads what it wrote, with and without its memory', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(service, { maxLength: 12 }), async (list) => {
        const plans = list.map((plan, i) => aServicePlan({ ...plan, name: { name: `svc-${i}` } }));
        const kernel = await fromNothing(plans);
        const before = kernel.iptables.restores.length;
        for (const known of [kernel.state, undefined]) {
          kernel.state = await kernel.dataplane.read(known);
          await kernel.write(changeOf(plans, { global: aGlobalPlan() }), true);
        }
        expect(kernel.iptables.restores.length).toBe(before);
      }),
      { numRuns: 40 },
    );
  });

  it('repairs any loss of chains and rules by one complete write', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(service, { maxLength: 12 }), fc.nat(), async (list, pick) => {
        const plans = list.map((plan, i) => aServicePlan({ ...plan, name: { name: `svc-${i}` } }));
        const kernel = await fromNothing(plans);
        const saved = kernel.iptables.save();
        const chains = Array.from(saved.matchAll(/^:(KUBE-\S+)/gm), ([, name]) => name);
        const table = /^\*nat$.*/ms.exec(saved)?.[0].includes(`:${chains[pick % chains.length]} `)
          ? 'nat'
          : 'filter';
        const flush = `*${table}\n:${chains[pick % chains.length]} - [0:0]\nCOMMIT\n`;
        await kernel.iptables.exec({ file: 'iptables-nft-restore', args: [], input: [flush], timeoutMs: 0 });
        kernel.state = await kernel.dataplane.read(kernel.state);
        expect(await kernel.write(changeOf(plans, { global: aGlobalPlan() }), true)).toMatchObject({
          ok: true,
        });
        expect(kernel.iptables.save()).toBe(saved);
      }),
      { numRuns: 60 },
    );
  });
});
