// Whatever a watch tells, in whatever order, twice or not at all until the next list: the trackers end where the server is.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChangeTracker } from '../../src/model/change-tracker.ts';
import { EndpointSliceCache } from '../../src/model/endpoint-slice-cache.ts';
import type { IpFamily } from '../../src/model/ip.ts';
import { type ObjectKey, objectKey } from '../../src/model/names.ts';
import type { EndpointSliceRecord, ServiceRecord } from '../../src/model/records.ts';
import { runToEnd } from '../../src/util/cooperate.ts';
import { arbitraryService, arbitrarySlice } from '../builders/arbitraries.ts';
import { sliceCache } from '../builders/plans.ts';
import { arbitraryHappening, WatchedKind } from '../builders/watched-kind.ts';

const FAMILIES = ['IPv4', 'IPv6'] as const;

/** The cache does not look into addresses: any slice may be of any family. */
const arbitrarySliceOfAnyFamily = fc
  .tuple(arbitrarySlice, fc.constantFrom(...FAMILIES, undefined))
  .map(([slice, family]) => ({ ...slice, family }));

/** What happens, and whether a sync takes the changes afterwards. */
function arbitraryStory<R>(record: fc.Arbitrary<R>) {
  const episode = fc.record({ happening: arbitraryHappening(record), isTaken: fc.boolean() });
  return fc.array(episode, { maxLength: 30 });
}

it('a tracker ends with the objects of the server, and its changes lead there', () => {
  fc.assert(
    fc.property(arbitraryStory(arbitraryService), (story) => {
      const server = new WatchedKind<ServiceRecord>();
      const tracker = new ChangeTracker<ServiceRecord>();
      const mirror = new Map<ObjectKey, ServiceRecord>();
      const take = () => {
        for (const { key, previous, current } of tracker.takeChanges()) {
          expect(previous).toEqual(mirror.get(key));
          if (current) mirror.set(key, current);
          else mirror.delete(key);
        }
        for (const key of tracker.takeTouched()) mirror.set(key, tracker.applied.get(key) as ServiceRecord);
      };
      for (const { happening, isTaken } of story) {
        for (const event of server.happen(happening)) tracker.handle(event);
        if (isTaken) take();
      }
      for (const event of server.list()) tracker.handle(event);
      take();
      expect(tracker.applied).toEqual(server.objects);
      expect(mirror).toEqual(server.objects);
      expect(tracker.pendingCount).toBe(0);
    }),
  );
});

it('the slice cache ends with the endpoints of a cache that saw only the last list', () => {
  fc.assert(
    fc.property(arbitraryStory(arbitrarySliceOfAnyFamily), (story) => {
      const server = new WatchedKind<EndpointSliceRecord>();
      const cache = new EndpointSliceCache({ startedAtMs: 0 });
      for (const { happening, isTaken } of story) {
        for (const event of server.happen(happening)) cache.handle(event);
        if (isTaken) runToEnd(cache.takeChanges());
      }
      for (const event of server.list({ isReversed: true })) cache.handle(event);
      runToEnd(cache.takeChanges());
      expect(allEndpoints(cache)).toEqual(allEndpoints(sliceCache([...server.objects.values()])));
    }),
  );
});

it.each(FAMILIES)(
  'the slice cache tells of every Service whose %s endpoints differ from the last take',
  (family) => {
    fc.assert(
      fc.property(arbitraryStory(arbitrarySliceOfAnyFamily), (story) => {
        const server = new WatchedKind<EndpointSliceRecord>();
        const cache = new EndpointSliceCache({ startedAtMs: 0 });
        let known = endpointsByService(cache, family);
        for (const { happening } of story) {
          for (const event of server.happen(happening)) cache.handle(event);
          const { services } = runToEnd(cache.takeChanges())[family];
          const now = endpointsByService(cache, family);
          for (const [service, endpoints] of now) {
            if (!services.has(service)) expect(endpoints).toEqual(known.get(service));
          }
          known = now;
        }
      }),
    );
  },
);

function allEndpoints(cache: EndpointSliceCache) {
  return FAMILIES.map((family) => endpointsByService(cache, family));
}

function endpointsByService(cache: EndpointSliceCache, family: IpFamily) {
  const services = ['a', 'b', 'c', 'd'].map((name) => objectKey('shop', name));
  return new Map(
    services.map((service) => [
      service,
      ['', 'http'].flatMap((portName) =>
        (['TCP', 'UDP'] as const).map((protocol) =>
          cache.endpointsOf({ service, portName, protocol, family }),
        ),
      ),
    ]),
  );
}
