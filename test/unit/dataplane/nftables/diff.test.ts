// What is written for a change, and when packets see it. That the result is right is for test/property/nftables-steps.test.ts.
import { describe, expect, it } from 'vitest';
import { commit } from '../../../../src/dataplane/nftables/commit.ts';
import { diff } from '../../../../src/dataplane/nftables/diff.ts';
import type { OwnedElements } from '../../../../src/dataplane/nftables/element.ts';
import { render } from '../../../../src/dataplane/nftables/render.ts';
import { size } from '../../../../src/dataplane/nftables/size.ts';
import type { GlobalPlan, PlanChange, PlannedEndpoint, ServicePlan } from '../../../../src/plan/plan.ts';
import { runToEnd } from '../../../../src/util/cooperate.ts';
import {
  aFrontend,
  aGlobalPlan,
  aNodePort,
  aServicePlan,
  aTarget,
  changeOf,
  removalOf,
} from '../../../builders/iptables-plans.ts';
import { NftTestKernel } from '../../../builders/nftables-kernel.ts';
import { cidr, ip } from '../../../builders/records.ts';

function programmed(plans: readonly ServicePlan[], global: Partial<GlobalPlan> = {}): NftTestKernel {
  const kernel = new NftTestKernel();
  expect(kernel.write(changeOf(plans, { global: aGlobalPlan(global) }), true)).toMatchObject({ ok: true });
  return kernel;
}

function services(count: number): ServicePlan[] {
  return Array.from({ length: count }, (_, i) =>
    aServicePlan({ name: { name: `svc-${i}` }, frontends: [aFrontend(`10.97.${i >> 8}.${i & 255}`)] }),
  );
}

function targets(count: number): PlannedEndpoint[] {
  return Array.from({ length: count }, (_, i) => aTarget(`10.244.${i >> 8}.${i & 255}`));
}

/** Distinct keys that were written, by set. */
function keysOf(written: readonly OwnedElements[]): Record<string, number> {
  const elements = written.flatMap(({ deletes, adds }) => [...deletes, ...adds]);
  const bySet = Map.groupBy(elements, ({ set }) => set);
  return Object.fromEntries(
    Array.from(bySet, ([set, each]) => [set, new Set(each.map(({ key }) => key)).size]),
  );
}

function written(kernel: NftTestKernel, change: PlanChange): Record<string, number> {
  expect(kernel.write(change)).toMatchObject({ ok: true });
  return keysOf(kernel.written);
}

describe('a change of one endpoint among a thousand', () => {
  const frontends = [
    aFrontend('10.96.1.1'),
    aFrontend('203.0.113.9', { kind: 'LoadBalancerIP' }),
    aNodePort(30_080),
  ];
  const all = targets(1_000);
  const plan = (clusterEndpoints: readonly PlannedEndpoint[]) =>
    aServicePlan({ frontends, clusterEndpoints });

  it.each([
    ['that leaves', all.toSpliced(500, 1), { endpoints: 6 }],
    ['that is last and leaves', all.slice(0, -1), { endpoints: 3 }],
    ['that is replaced', all.toSpliced(500, 1, aTarget('10.244.99.1')), { endpoints: 3 }],
    ['that comes', [...all, aTarget('10.244.99.1')], { endpoints: 3 }],
  ])('%s changes at most two elements of each frontend', (_, endpoints, expected) => {
    const kernel = programmed([plan(all)]);
    expect(written(kernel, changeOf([plan(endpoints)]))).toEqual(expected);
  });

  it('over a size moves each frontend to another set', () => {
    const kernel = programmed([plan(targets(2_048))]);
    const counts = written(kernel, changeOf([plan(targets(2_049))]));
    expect(counts).toEqual({ 'frontends-2048': 3, 'frontends-65536': 3, endpoints: 3 });
  });
});

describe('the cost of a change', () => {
  /** Where the computation may be interrupted: once for each thing that it looks at. */
  function stepsOfOneChange(count: number): number {
    const { state } = programmed(services(count));
    const changed = aServicePlan({ ...services(1)[0], clusterEndpoints: targets(2) });
    let steps = 0;
    const run = <T>(computation: Generator<void, T>): T => {
      for (;;) {
        const { done, value } = computation.next();
        if (done) return value;
        steps++;
      }
    };
    const desired = run(render(changeOf([changed]), state));
    const changes = run(diff({ family: 'IPv4', state, desired, isComplete: false }));
    run(commit(state, desired, changes));
    return steps;
  }

  it('does not depend on the number of Services', () => {
    expect(stepsOfOneChange(1_000)).toBe(stepsOfOneChange(10));
  });
});

describe('elements', () => {
  it('are made while they are taken, of one service port at a time, and may be taken again', () => {
    const kernel = new NftTestKernel();
    const desired = runToEnd(render(changeOf(services(50), { global: aGlobalPlan() }), kernel.state));
    const changes = runToEnd(diff({ family: 'IPv4', state: kernel.state, desired, isComplete: true }));
    const [first, again] = [[...changes.elements], [...changes.elements]];
    expect(again).toEqual(first);
    const owners = first.flatMap(({ owner }) => owner ?? []);
    expect(owners).toEqual(services(50).map(({ key }) => key));
  });

  it('that go from one Service to another are deleted before they are added', () => {
    const [a, b] = services(2).map((plan) => aServicePlan({ ...plan, frontends: [aFrontend('10.97.0.7')] }));
    if (!a || !b) throw new Error('there are two');
    const kernel = programmed([a]);
    const change = {
      ...changeOf([b]),
      services: new Map([[b.key, b] as const, [a.key, undefined] as const]),
    };
    expect(kernel.write(change)).toMatchObject({ ok: true });
    const lastDelete = kernel.written.findLastIndex(({ deletes }) => deletes.length > 0);
    const firstAdd = kernel.written.findIndex(({ adds }) => adds.length > 0);
    expect(lastDelete).toBeLessThan(firstAdd);
    expect(kernel.table.elements('plain-frontends').size).toBe(1);
  });

  it('that several Services need stay until the last of them goes', () => {
    const shared = aTarget('10.244.1.1', { isHairpinPossible: true });
    const [a, b] = ['http', 'https'].map((portName, i) =>
      aServicePlan({
        name: { portName },
        frontends: [aFrontend('10.96.1.1', { port: 80 + i })],
        clusterEndpoints: [shared],
      }),
    );
    if (!a || !b) throw new Error('there are two');
    const kernel = programmed([a, b]);
    const counts = () =>
      (['service-cluster-ips', 'hairpin-endpoints'] as const).map((set) => kernel.table.elements(set).size);
    kernel.write(removalOf([a.key]));
    expect(counts()).toEqual([1, 1]);
    kernel.write(removalOf([b.key]));
    expect(counts()).toEqual([0, 0]);
  });

  it('of the node follow its configuration', () => {
    const kernel = programmed([], { serviceCidrs: [cidr('10.96.0.0/12')] });
    const global = aGlobalPlan({
      serviceCidrs: [cidr('10.96.0.0/12'), cidr('10.112.0.0/16'), cidr('10.97.0.0/16')],
      nodePortAddresses: { kind: 'only', ips: [ip('192.0.2.11')] },
    });
    const counts = written(kernel, { family: 'IPv4', global, services: new Map() });
    expect(counts).toEqual({ 'service-cidrs': 1, 'node-port-addresses': 1 });
  });
});

describe('packets', () => {
  it('see nothing before everything is there, then all at once', () => {
    const kernel = new NftTestKernel();
    const global = aGlobalPlan();
    kernel.write(changeOf(services(1), { global }));
    expect(kernel.changes).toMatchObject({ isOneTransaction: false, makesLive: false });
    expect(kernel.changes?.chains.filter(({ hook }) => hook)).toEqual([]);
    expect(kernel.table.isLive).toBe(false);
    kernel.write(changeOf(services(2), { global }), true);
    expect(kernel.changes).toMatchObject({ isOneTransaction: false, makesLive: true });
    expect(keysOf(kernel.written)).toMatchObject({ 'plain-frontends': 1 });
    expect(kernel.table.isLive).toBe(true);
    kernel.write(changeOf(services(3), { global }), true);
    expect(kernel.changes).toMatchObject({ isOneTransaction: true, makesLive: false });
  });

  it("come through kube-proxy's rules until ours are complete", () => {
    const kernel = new NftTestKernel();
    kernel.table.chains.set('services', { rules: [{ tag: '', expressions: [] }] });
    kernel.table.chains.set('nat-prerouting', {
      hook: { type: 'nat', point: 'prerouting', priority: -100 },
      rules: [{ tag: '', expressions: [] }],
    });
    kernel.state = { ...kernel.table.read(), table: { ...kernel.table.read().table, isLive: false } };
    const state = kernel.state;
    const desired = runToEnd(render(changeOf(services(2), { global: aGlobalPlan() }), state));
    const part = runToEnd(diff({ family: 'IPv4', state, desired, isComplete: false }));
    expect([part.removes.chains, part.chains.filter(({ hook }) => hook)]).toEqual([[], []]);
    const whole = runToEnd(diff({ family: 'IPv4', state, desired, isComplete: true }));
    expect(whole).toMatchObject({
      isOneTransaction: false,
      makesLive: true,
      removes: { chains: ['services'] },
    });
    expect(whole.chains.some(({ name }) => name === 'nat-prerouting')).toBe(true);
  });

  it('see one transaction where something of another shape has a name of ours', () => {
    const kernel = programmed(services(1));
    const { table } = kernel.table.read();
    const state = {
      ...kernel.table.read(),
      table: { ...table, isLive: false, sets: new Map([...table.sets, ['frontends-4', 'another'] as const]) },
    };
    state.found?.delete('frontends-4');
    const desired = runToEnd(render(changeOf(services(1), { global: aGlobalPlan() }), state));
    const changes = runToEnd(diff({ family: 'IPv4', state, desired, isComplete: true }));
    expect(changes).toMatchObject({ isOneTransaction: true, removes: { sets: ['frontends-4'] } });
    expect(changes.sets.map(({ name }) => name)).toEqual(['frontends-4']);
    expect(changes.chains).toHaveLength(table.chains.size);
  });
});

describe('timeouts of session affinity', () => {
  const [plain, ...others] = services(3);
  const [sticky, stickyToo] = others.map((plan) => aServicePlan({ ...plan, affinitySeconds: 300 }));
  if (!plain || !sticky || !stickyToo) throw new Error('there are three');

  it('have a set and rules as long as a Service needs them', () => {
    const kernel = programmed([plain]);
    const hasSet = () => kernel.table.sets.has('affinity-300s');
    const rules = () => kernel.table.chains.get('learning')?.rules.length ?? 0;
    expect([hasSet(), rules()]).toEqual([false, 0]);
    kernel.write(changeOf([sticky, stickyToo]));
    expect([hasSet(), rules() > 0]).toEqual([true, true]);
    kernel.write(removalOf([sticky.key]));
    expect(kernel.changes?.chains).toEqual([]);
    expect(hasSet()).toBe(true);
    kernel.write(removalOf([stickyToo.key]));
    expect([hasSet(), rules()]).toEqual([false, 0]);
  });

  it('stay, after a restart, until it is known who needs them', () => {
    const { table } = programmed([sticky]);
    const kernel = new NftTestKernel(table);
    kernel.write(changeOf([plain], { global: aGlobalPlan() }));
    expect(table.sets.has('affinity-300s')).toBe(true);
    expect(kernel.changes?.chains).toEqual([]);
  });
});

describe('the size', () => {
  it('is nothing before anything is there', () => {
    expect(size(new NftTestKernel().state)).toEqual({ chains: 0, sets: 0, elements: 0 });
  });

  it('is what the table has, with what was read and without', () => {
    const kernel = programmed(services(5));
    const elements = kernel.table.sets.values().reduce((sum, set) => sum + set.elements.size, 0);
    const { chains, sets } = kernel.table;
    const expected = { chains: chains.size, sets: sets.size, elements };
    expect(size(kernel.table.read())).toEqual(expected);
    expect(size(kernel.state)).toEqual(expected);
  });
});
