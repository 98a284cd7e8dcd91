// Planning step by step gives the same plan as planning from nothing: for any events, with Services set aside on the way
// and a node that changes.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChangeTracker } from '../../src/model/change-tracker.ts';
import { EndpointSliceCache } from '../../src/model/endpoint-slice-cache.ts';
import { ipFamilyOf } from '../../src/model/ip.ts';
import { type ObjectKey, objectKey, type ServicePortKey } from '../../src/model/names.ts';
import type { EndpointSliceRecord, ServiceRecord, WatchEvent } from '../../src/model/records.ts';
import { frontendKey } from '../../src/plan/frontend-claims.ts';
import { commitPlan, type PlanState } from '../../src/plan/plan-state.ts';
import { planChanges } from '../../src/plan/planner.ts';
import { runToEnd } from '../../src/util/cooperate.ts';
import { arbitraryService, arbitrarySlice } from '../builders/arbitraries.ts';
import { aCluster, aNode, aPlanConfig, planFromNothing, planInputs } from '../builders/plans.ts';
import { ip } from '../builders/records.ts';
import { arbitraryHappening, WatchedKind } from '../builders/watched-kind.ts';

const episode = fc.record({
  service: fc.option(arbitraryHappening(arbitraryService), { nil: undefined }),
  slice: fc.option(arbitraryHappening(arbitrarySlice), { nil: undefined }),
  zone: fc.constantFrom('zone-a', 'zone-a', 'zone-b'),
  nodeIp: fc.constantFrom('192.0.2.11', '192.0.2.11', '198.51.100.11'),
  masqueradeAll: fc.boolean(),
  /** The kernel refuses service ports of this Service. */
  refused: fc.constantFrom(undefined, undefined, 'a', 'b'),
  isDiscarded: fc.boolean(),
});
type Episode = typeof episode extends fc.Arbitrary<infer E> ? E : never;

it('any order, duplication or loss-and-relist of events leads to the plan made from nothing', () => {
  fc.assert(
    fc.property(fc.array(episode, { minLength: 1, maxLength: 15 }), (story) => {
      const node = new Follower();
      for (const step of story) node.live(step);
      const { expected, actual } = node.settle();
      expect(actual.services).toEqual(expected.services);
      expect(actual.claims).toEqual(expected.claims);
      expect(sortedPorts(actual)).toEqual(sortedPorts(expected));
      expect(actual.global).toEqual(expected.global);
      expectOneOwnerEach(actual);
    }),
    { numRuns: 300 },
  );
});

it('the order in which Services are planned does not matter', () => {
  fc.assert(
    fc.property(fc.uniqueArray(arbitraryService, { selector: ({ name }) => name }), (services) => {
      const forwards = planFromNothing(aCluster({ services }));
      const backwards = planFromNothing(aCluster({ services: services.toReversed() }));
      expect(backwards.services).toEqual(forwards.services);
      expect(backwards.claims).toEqual(forwards.claims);
    }),
  );
});

it('all addresses in a plan are of its family', () => {
  fc.assert(
    fc.property(arbitraryService, fc.constantFrom('IPv4' as const, 'IPv6' as const), (service, family) => {
      for (const { frontends, allowedSources } of planFromNothing(
        aCluster({ services: [service] }),
        family,
      ).services.values()) {
        const addresses = [...frontends.flatMap((frontend) => frontend.ip ?? []), ...(allowedSources ?? [])];
        expect(addresses.filter((address) => ipFamilyOf(address) !== family)).toEqual([]);
      }
    }),
  );
});

/** A node's model and plan, and the server that it follows. */
class Follower {
  readonly #services = new WatchedKind<ServiceRecord>();
  readonly #slices = new WatchedKind<EndpointSliceRecord>();
  readonly #serviceTracker = new ChangeTracker<ServiceRecord>();
  readonly #cache = new EndpointSliceCache({ startedAtMs: 0 });
  #pending = new Set<ObjectKey>();
  #touched = new Set<ObjectKey>();
  #isGlobal = false;
  #state: PlanState | undefined;
  #cluster = aCluster();

  live({ service, slice, zone, nodeIp, masqueradeAll, refused, isDiscarded }: Episode): void {
    if (service) this.#hear(this.#services.happen(service), this.#serviceTracker);
    if (slice) this.#hear(this.#slices.happen(slice), this.#cache);
    const node = aNode({ zone, primaryIps: { IPv4: ip(nodeIp) } });
    const cluster = aCluster({ node, config: aPlanConfig({ masqueradeAll }) });
    this.#isGlobal ||= !isDeepStrictEqual(cluster, this.#cluster);
    this.#cluster = cluster;
    this.#sync({ refused, isDiscarded });
  }

  /** Lists everything, plans what is left, and plans the same from nothing. */
  settle(): { readonly actual: PlanState; readonly expected: PlanState } {
    this.#hear(this.#services.list(), this.#serviceTracker);
    this.#hear(this.#slices.list(), this.#cache);
    const actual = this.#sync({ refused: undefined, isDiscarded: false });
    const services = [...this.#services.objects.values()];
    const slices = [...this.#slices.objects.values()];
    return { actual, expected: planFromNothing({ ...this.#cluster, services, slices }) };
  }

  #hear<R>(events: readonly WatchEvent<R>[], listener: { handle(event: WatchEvent<R>): void }): void {
    for (const event of events) listener.handle(event);
  }

  #sync({ refused, isDiscarded }: Pick<Episode, 'refused' | 'isDiscarded'>): PlanState {
    this.#take();
    const setAside = new Set<ServicePortKey>(refused ? portsOf(refused) : []);
    const inputs = planInputs(this.#cluster, {
      isGlobal: this.#isGlobal,
      changedServices: this.#pending,
      touchedServices: this.#touched,
      setAside,
    });
    const live = { ...inputs, services: this.#serviceTracker.applied, endpoints: this.#cache };
    const step = runToEnd(planChanges(this.#state, live));
    if (this.#state && isDiscarded) return this.#state;
    this.#state = commitPlan(this.#state, step);
    this.#pending = new Set(refused ? [objectKey('shop', refused)] : []);
    this.#touched = new Set();
    this.#isGlobal = false;
    return this.#state;
  }

  #take(): void {
    for (const { key } of this.#serviceTracker.takeChanges()) this.#pending.add(key);
    for (const key of this.#serviceTracker.takeTouched()) this.#touched.add(key);
    for (const service of runToEnd(this.#cache.takeChanges()).IPv4.services) this.#pending.add(service);
  }
}

function portsOf(service: string): ServicePortKey[] {
  return [`shop/${service}/TCP`, `shop/${service}:http/UDP`] as ServicePortKey[];
}

function sortedPorts({ portsByService }: PlanState): Map<ObjectKey, ServicePortKey[]> {
  return new Map(Array.from(portsByService, ([service, ports]) => [service, [...ports].sort()]));
}

function expectOneOwnerEach({ services, claims }: PlanState): void {
  const owned = [...services.values()].flatMap(({ frontends }) => frontends.filter(({ lostTo }) => !lostTo));
  expect(owned.map(frontendKey).sort()).toEqual([...claims.keys()].sort());
}
