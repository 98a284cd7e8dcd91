import { describe, expect, it } from 'vitest';
import { type ObjectKey, objectKey, type ServicePortKey } from '../../../src/model/names.ts';
import type { ServiceRecord } from '../../../src/model/records.ts';
import { conflictsOf } from '../../../src/plan/frontend-claims.ts';
import { commitPlan, type PlanState, type PlanStep } from '../../../src/plan/plan-state.ts';
import { type PlanInputs, planChanges } from '../../../src/plan/planner.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';
import {
  aCluster,
  addressesOf,
  aNode,
  aPlanConfig,
  type Cluster,
  planFromNothing,
  planInputs,
} from '../../builders/plans.ts';
import { anEndpoint, aService, aServicePort, aSlice, cidr, ip } from '../../builders/records.ts';

const WEB = objectKey('shop', 'web');
const WEB_PORT = 'shop/web/TCP' as ServicePortKey;
const web = aService();
const other = aService({ name: 'other', clusterIps: [ip('10.96.1.2')] });
const cluster = aCluster({
  services: [web, other],
  slices: [aSlice(), aSlice({ serviceName: 'other' })],
});

describe('the first plan', () => {
  it('holds all service ports and what is global', () => {
    const { change } = step(undefined, cluster);
    expect([...change.services.keys()]).toEqual(['shop/web/TCP', 'shop/other/TCP']);
    expect(change.global?.serviceCidrs).toEqual(['10.96.0.0/12']);
  });

  it('holds the service ports of its family alone', () => {
    const { change } = step(undefined, cluster, { family: 'IPv6' });
    expect(change.services.size).toBe(0);
    expect(change.family).toBe('IPv6');
  });

  it('ignores slices of Services that do not exist', () => {
    expect(step(undefined, aCluster({ slices: [aSlice()] })).change.services.size).toBe(0);
  });
});

describe('a step', () => {
  it('without changes is empty', () => {
    const { change } = step(planFromNothing(cluster), cluster, { changedServices: [] });
    expect(change).toEqual({ family: 'IPv4', global: undefined, services: new Map() });
  });

  it('plans the changed Service alone', () => {
    const next = { ...cluster, slices: [aSlice({ endpoints: [anEndpoint({ ip: ip('10.244.2.9') })] })] };
    const { change } = step(planFromNothing(cluster), next, { changedServices: [WEB] });
    expect([...change.services.keys()]).toEqual([WEB_PORT]);
    expect(addressesOf(change.services.get(WEB_PORT)?.clusterEndpoints ?? [])).toEqual(['10.244.2.9']);
  });

  it('removes the ports of a Service that is gone', () => {
    const state = planFromNothing(cluster);
    const { change } = step(state, { ...cluster, services: [other] }, { changedServices: [WEB] });
    expect([...change.services]).toEqual([[WEB_PORT, undefined]]);
  });

  it('removes a port that the Service lost and adds the one that it gained', () => {
    const renamed = aService({ ports: [aServicePort({ name: 'http' })] });
    const { change } = step(
      planFromNothing(cluster),
      { ...cluster, services: [renamed, other] },
      { changedServices: [WEB] },
    );
    expect([...change.services].map(([key, plan]) => [key, plan?.key])).toEqual([
      [WEB_PORT, undefined],
      ['shop/web:http/TCP', 'shop/web:http/TCP'],
    ]);
  });

  it('leaves the state as it was until it is committed', () => {
    const state = planFromNothing(cluster);
    const before = snapshot(state);
    step(state, { ...cluster, services: [] }, { changedServices: [WEB] });
    expect(snapshot(state)).toEqual(before);
  });

  it('plans all Services anew when the zone of the node changed', () => {
    const moved = { ...cluster, node: aNode({ zone: 'zone-b' }) };
    expect(step(planFromNothing(cluster), moved, { changedServices: [] }).change.services.size).toBe(2);
  });

  it('plans all Services anew when the local detector changed, which their rules contain', () => {
    const nodeCidr = { ...cluster, config: aPlanConfig({ detectLocalMode: 'NodeCIDR' }) };
    const renumbered = { ...nodeCidr, node: aNode({ podCidrs: [cidr('10.244.9.0/24')] }) };
    expect(step(planFromNothing(nodeCidr), renumbered, { changedServices: [] }).change.services.size).toBe(2);
  });

  it('plans no Service anew for what only the global plan shows', () => {
    const config = aPlanConfig({ masqueradeAll: true });
    const { change } = step(planFromNothing(cluster), { ...cluster, config }, { changedServices: [] });
    expect(change.services.size).toBe(0);
    expect(change.global?.masqueradeAll).toBe(true);
  });

  it('can be interrupted between service ports', () => {
    const computation = planChanges(undefined, planInputs(cluster));
    expect([computation.next().done, computation.next().done]).toEqual([false, false]);
  });
});

describe('a change of metadata', () => {
  const newer = { ...cluster, services: [{ ...web, resourceVersion: '2' }, other] };

  it('changes nothing but the committed version', () => {
    const state = planFromNothing(cluster);
    const before = state.services.get(WEB_PORT);
    const next = step(state, newer, { changedServices: [], touchedServices: [WEB] });
    expect(next.change.services.size).toBe(0);
    const after = commitPlan(state, next).services.get(WEB_PORT);
    expect(after?.version.resourceVersion).toBe('2');
    expect(after?.allEndpoints).toBe(before?.allEndpoints);
  });

  it('does not advance the version of what was set aside', () => {
    const state = planFromNothing(cluster);
    const setAside = new Set([WEB_PORT]);
    const next = step(state, newer, { changedServices: [], touchedServices: [WEB], setAside });
    expect(commitPlan(state, next).services.get(WEB_PORT)?.version.resourceVersion).toBe('1');
  });
});

describe('two Services that claim one address and port', () => {
  const vip = [ip('203.0.113.1')];
  const young = aService({ name: 'a-young', createdAt: 20, clusterIps: [ip('10.96.2.1')], externalIps: vip });
  const old = aService({ name: 'b-old', createdAt: 10, clusterIps: [ip('10.96.2.2')], loadBalancerIps: vip });

  it.each<[string, ServiceRecord, ServiceRecord]>([
    ['the older', old, young],
    ['the first by name when they are of one age', { ...young, createdAt: 10 }, old],
    ['the ClusterIP, whatever the age', aService({ name: 'ip', createdAt: 99, clusterIps: vip }), old],
  ])('go to %s', (_, winner, loser) => {
    for (const services of [
      [winner, loser],
      [loser, winner],
    ]) {
      const state = planFromNothing(aCluster({ services }));
      expect(lostTo(state, winner)).toEqual([]);
      expect(lostTo(state, loser)).toEqual([['203.0.113.1', keyOf(winner)]]);
    }
  });

  it('do not conflict on different ports or protocols', () => {
    for (const port of [aServicePort({ port: 81 }), aServicePort({ protocol: 'UDP' })]) {
      const state = planFromNothing(aCluster({ services: [old, { ...young, ports: [port] }] }));
      expect([...state.services.values()].flatMap(conflictsOf)).toEqual([]);
    }
  });

  it('conflict on a NodePort', () => {
    const ports = [aServicePort({ nodePort: 30_000 })];
    const services = [
      { ...old, loadBalancerIps: [], ports },
      { ...young, externalIps: [], ports },
    ];
    const [conflict] = [...planFromNothing(aCluster({ services })).services.values()].flatMap(conflictsOf);
    expect(conflict).toMatchObject({
      frontend: { kind: 'NodePort', port: 30_000 },
      loser: 'shop/a-young/TCP',
      winner: 'shop/b-old/TCP',
      service: 'shop/a-young',
    });
  });

  it('hand over in the step that removes the winner', () => {
    const both = aCluster({ services: [old, young] });
    const state = planFromNothing(both);
    const { change } = step(
      state,
      { ...both, services: [young] },
      { changedServices: [objectKey('shop', 'b-old')] },
    );
    expect([...change.services.keys()]).toEqual(['shop/b-old/TCP', 'shop/a-young/TCP']);
    expect(change.services.get(keyOf(young))?.frontends.map(({ lostTo: winner }) => winner)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('hand over in the step that adds the winner', () => {
    const one = aCluster({ services: [young] });
    const state = planFromNothing(one);
    const both = { ...one, services: [young, old] };
    const next = commitPlan(state, step(state, both, { changedServices: [objectKey('shop', 'b-old')] }));
    expect(lostTo(next, young)).toEqual([['203.0.113.1', keyOf(old)]]);
  });

  it('keep their order when the loser changes', () => {
    const both = aCluster({ services: [old, young] });
    const state = planFromNothing(both);
    const { change } = step(state, both, { changedServices: [objectKey('shop', 'a-young')] });
    expect([...change.services.keys()]).toEqual([keyOf(young)]);
    expect(
      lostTo(
        commitPlan(state, step(state, both, { changedServices: [objectKey('shop', 'a-young')] })),
        young,
      ),
    ).toHaveLength(1);
  });
});

describe('a service port that was set aside', () => {
  const setAside = new Set([WEB_PORT]);
  const changed = { ...cluster, services: [{ ...web, affinitySeconds: 9 }, other] };

  it('keeps the plan that it has', () => {
    const { change } = step(planFromNothing(cluster), changed, { changedServices: [WEB], setAside });
    expect(change.services.size).toBe(0);
  });

  it('stays out when it has none', () => {
    const { change } = step(undefined, cluster, { setAside });
    expect([...change.services.keys()]).toEqual(['shop/other/TCP']);
  });

  it('is planned when it is tried again', () => {
    const state = planFromNothing(cluster);
    const held = commitPlan(state, step(state, changed, { changedServices: [WEB], setAside }));
    const { change } = step(held, changed, { changedServices: [WEB] });
    expect(change.services.get(WEB_PORT)?.affinitySeconds).toBe(9);
  });

  it('takes no frontend with the claims that the kernel refused', () => {
    const vip = [ip('203.0.113.1')];
    const owner = { ...other, createdAt: 50, externalIps: vip };
    const claiming = { ...web, createdAt: 1, externalIps: vip };
    const before = aCluster({ services: [web, owner] });
    const state = planFromNothing(before);
    const { change } = step(
      state,
      { ...before, services: [claiming, owner] },
      { changedServices: [WEB], setAside },
    );
    expect(change.services.size).toBe(0);
  });
});

function step(
  state: PlanState | undefined,
  next: Cluster,
  fields: Partial<Omit<PlanInputs, keyof Cluster>> = {},
): PlanStep {
  return runToEnd(planChanges(state, planInputs(next, fields)));
}

function snapshot({ services, claims, portsByService }: PlanState) {
  return { services: new Map(services), claims: new Map(claims), portsByService: new Map(portsByService) };
}

function lostTo(state: PlanState, service: ServiceRecord) {
  const plan = state.services.get(keyOf(service));
  return plan?.frontends.flatMap((frontend) => (frontend.lostTo ? [[frontend.ip, frontend.lostTo]] : []));
}

function keyOf({ namespace, name }: ServiceRecord): ServicePortKey {
  return `${objectKey(namespace, name) satisfies ObjectKey}/TCP` as ServicePortKey;
}
