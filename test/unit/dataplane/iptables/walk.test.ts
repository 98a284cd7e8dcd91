// How many rules look at a new connection's first packet, up to its DNAT or verdict.
import { describe, expect, it, vi } from 'vitest';
import type { IpFamily } from '../../../../src/model/ip.ts';
import type { ServicePlan } from '../../../../src/plan/plan.ts';
import {
  aFrontend,
  aGlobalPlan,
  aServicePlan,
  aTarget,
  changeOf,
  TestKernel,
} from '../../../builders/iptables-plans.ts';
import { randomNumbers } from '../../../builders/random.ts';
import { cidr } from '../../../builders/records.ts';
import { trace } from '../../../fakes/rule-tracer.ts';

const MAX_RULES = 64;
/** One Service in so many is walked to. */
const SAMPLING = 10;

vi.setConfig({ testTimeout: 60_000 });

const random = randomNumbers(7);
const RANDOM_ADDRESS = {
  'a /12': () => `10.${96 + random(16)}.${random(256)}.${random(256)}`,
  'all of IPv4': () => `${1 + random(223)}.${random(256)}.${random(256)}.${random(256)}`,
  'all of IPv6': () =>
    `2${random(4096).toString(16).padStart(3, '0')}:${Array.from({ length: 7 }, () => random(65_536).toString(16)).join(':')}`,
} as const;

const endpoints = Array.from({ length: 10 }, (_, i) => aTarget(`10.244.2.${i + 1}`));
const endpoints6 = endpoints.map(({ ip }) => aTarget(`fd00::${ip.split('.').at(-1)}`));

async function programmed(plans: readonly ServicePlan[], family: IpFamily = 'IPv4'): Promise<TestKernel> {
  const kernel = new TestKernel({ family });
  const result = await kernel.write(changeOf(plans, { family, global: aGlobalPlan() }), true);
  expect(result).toMatchObject({ ok: true });
  return kernel;
}

function packetTo(plan: ServicePlan) {
  const { ip: destination = '', port } = plan.frontends[0] ?? {};
  return {
    source: plan.frontends[0]?.ip?.includes(':') ? '2001:db8::9' : '192.0.2.9',
    destination,
    protocol: 'tcp',
    port: port ?? 0,
  } as const;
}

function population(size: number, address: () => string, fields: Partial<ServicePlan>): ServicePlan[] {
  return Array.from({ length: size }, (_, i) =>
    aServicePlan({ ...fields, name: { name: `svc-${i}` }, frontends: [aFrontend(address())] }),
  );
}

function sampleOf(plans: readonly ServicePlan[]): ServicePlan[] {
  return plans.filter((_, i) => i % SAMPLING === 0);
}

describe.each(['a /12', 'all of IPv4', 'all of IPv6'] as const)(
  '10,000 Services with addresses of %s',
  (where) => {
    const family = where === 'all of IPv6' ? 'IPv6' : 'IPv4';
    const targets = family === 'IPv6' ? endpoints6 : endpoints;

    it('reach each endpoint within the bound', async () => {
      const plans = population(10_000, RANDOM_ADDRESS[where], { clusterEndpoints: targets });
      const kernel = await programmed(plans, family);
      let worst = 0;
      for (const plan of sampleOf(plans)) {
        const outcomes = trace(kernel.nat, 'PREROUTING', packetTo(plan));
        const reached = outcomes.filter(({ verdict }) => verdict.startsWith('DNAT '));
        if (reached.length !== targets.length)
          throw new Error(`${plan.key} reaches ${reached.length} endpoints`);
        worst = Math.max(worst, ...outcomes.map(({ rules }) => rules));
      }
      expect(worst).toBeLessThanOrEqual(MAX_RULES);
      // Far below the bound, so that a shape that got worse is noticed.
      expect(worst).toBeLessThanOrEqual(52);
    });

    it.each([
      ['REJECT', { clusterEndpoints: [], internal: { policy: 'Cluster', verdict: 'reject' } }],
      ['DROP', { clusterEndpoints: [], internal: { policy: 'Local', verdict: 'drop' } }],
    ] as const)('without endpoints get their %s within the bound', async (verdict, fields) => {
      const plans = population(10_000, RANDOM_ADDRESS[where], fields);
      const kernel = await programmed(plans, family);
      for (const plan of sampleOf(plans)) {
        const [outcome] = trace(kernel.filter, 'FORWARD', packetTo(plan));
        if (outcome?.verdict !== verdict || outcome.rules > MAX_RULES)
          throw new Error(`${plan.key}: ${JSON.stringify(outcome)}`);
      }
    });

    it('drop a client outside the source ranges within the bound', async () => {
      const plans = Array.from({ length: 10_000 }, (_, i) =>
        aServicePlan({
          name: { name: `svc-${i}` },
          frontends: [aFrontend(RANDOM_ADDRESS[where](), { kind: 'LoadBalancerIP' })],
          clusterEndpoints: targets,
          allowedSources: [cidr(family === 'IPv4' ? '198.51.100.0/24' : 'fd01::/64')],
        }),
      );
      const kernel = await programmed(plans, family);
      for (const plan of sampleOf(plans)) {
        const [nat] = trace(kernel.nat, 'PREROUTING', packetTo(plan));
        const [filter] = trace(kernel.filter, 'FORWARD', packetTo(plan));
        if (nat?.verdict !== 'none' || nat.rules > MAX_RULES)
          throw new Error(`${plan.key} in nat: ${JSON.stringify(nat)}`);
        if (filter?.verdict !== 'DROP' || filter.rules > MAX_RULES)
          throw new Error(`${plan.key}: ${JSON.stringify(filter)}`);
      }
    });
  },
);

describe('among 10,000 Services', () => {
  const others = () => population(10_000, RANDOM_ADDRESS['a /12'], { clusterEndpoints: endpoints });

  it('100 ports on one address are reached within the bound', async () => {
    const ports = Array.from({ length: 100 }, (_, i) =>
      aServicePlan({
        name: { name: 'many', portName: `p${i}`, protocol: i % 2 ? 'TCP' : 'UDP' },
        frontends: [aFrontend('10.100.7.7', { port: 1 + random(65_535), protocol: i % 2 ? 'TCP' : 'UDP' })],
        clusterEndpoints: endpoints,
      }),
    );
    const kernel = await programmed([...others(), ...ports]);
    for (const plan of ports) {
      const protocol = plan.name.protocol === 'TCP' ? 'tcp' : 'udp';
      const outcomes = trace(kernel.nat, 'PREROUTING', { ...packetTo(plan), protocol });
      expect(outcomes.every(({ verdict }) => verdict.startsWith('DNAT '))).toBe(true);
      expect(Math.max(...outcomes.map(({ rules }) => rules))).toBeLessThanOrEqual(MAX_RULES);
    }
  });

  it('a Service with 1,000 endpoints reaches each with the same chance within the bound', async () => {
    const big = aServicePlan({
      name: { name: 'big' },
      frontends: [aFrontend('10.100.7.7')],
      clusterEndpoints: Array.from({ length: 1000 }, (_, i) => aTarget(`10.245.${i >> 8}.${i & 255}`)),
    });
    const kernel = await programmed([...others(), big]);
    const outcomes = trace(kernel.nat, 'PREROUTING', packetTo(big));
    expect(new Set(outcomes.map(({ verdict }) => verdict)).size).toBe(1000);
    for (const { probability } of outcomes) expect(probability).toBeCloseTo(1 / 1000, 7);
    expect(Math.max(...outcomes.map(({ rules }) => rules))).toBeLessThanOrEqual(MAX_RULES);
  });
});
