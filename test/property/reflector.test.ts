// The reflector against a server that breaks in every way at random: whatever the schedule, it ends with the server's state.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reflector } from '../../src/kube/reflector.ts';
import { services } from '../../src/kube/resources.ts';
import type { ServiceRecord, WatchEvent } from '../../src/model/records.ts';
import { createIntern } from '../../src/util/intern.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import {
  type Fault,
  FaultInjectingApi,
  type FaultInjectingApiOptions,
} from '../fakes/fault-injecting-api.ts';
import { Mirror } from '../fakes/mirror.ts';

const NAMES = ['e', 'b', 'g', 'a', 'd', 'c', 'f'];
const names = fc.constantFrom(...NAMES);
const afterLines = fc.nat(6);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.constant({ kind: 'none' } as const),
  fc.constant({ kind: 'refused' } as const),
  fc.constant({ kind: 'too-large' } as const),
  fc.record({
    kind: fc.constant('status' as const),
    status: fc.constantFrom(401, 403, 404, 410, 429, 500, 502, 503, 504),
    retryAfterMs: fc.constantFrom(0, 1_000, 10_000),
  }),
  fc.record({
    kind: fc.constant('error-event' as const),
    code: fc.constantFrom(410, 429, 500, 503, 504),
    afterLines,
  }),
  fc.record({
    kind: fc.constantFrom('garbage' as const, 'truncated', 'cut', 'closed', 'half-open'),
    afterLines,
  }),
);

type Step =
  | { readonly kind: 'put' | 'delete'; readonly name: string }
  | { readonly kind: 'compact' | 'bookmark' }
  | { readonly kind: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('put' as const, 'delete'), name: names }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('compact' as const, 'bookmark') }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 500, 5_000, 400_000) }),
  },
);

const server: fc.Arbitrary<Omit<FaultInjectingApiOptions, 'clock'>> = fc.record({
  faults: fc.array(fault, { maxLength: 12 }),
  watchList: fc.constantFrom('yes' as const, 'yes', 'refused', 'error-event'),
  knowsFieldSelector: fc.boolean(),
  expiry: fc.constantFrom('status' as const, 'event'),
  staleness: fc.nat(4),
  pageSize: fc.integer({ min: 1, max: 4 }),
  chunkBytes: fc.constantFrom(1, 7, 64, 4096),
});

const schedule = fc.record({
  server,
  initial: fc.subarray(NAMES),
  steps: fc.array(step, { maxLength: 40 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

/** Longer than the longest silence that is taken for normal, and the longest back-off, several times over. */
const PATIENCE_MS = 3 * 3600_000;

describe('Reflector under faults', () => {
  it('ends with the state of the server and misses no deletion, whatever goes wrong', async () => {
    await fc.assert(fc.asyncProperty(schedule, convergesAfter), { numRuns: 1_500 });
  }, 120_000);
});

async function convergesAfter({ server, initial, steps, seed }: Schedule): Promise<void> {
  const clock = new FakeClock();
  const api = new FaultInjectingApi({ ...server, clock });
  const mirror = new Mirror<ServiceRecord>();
  const timeTravel = watchForTimeTravel();
  const reflector = new Reflector({
    resource: services,
    client: api,
    onEvent: (event) => {
      timeTravel.onEvent(event);
      mirror.onEvent(event);
    },
    intern: createIntern(),
    clock,
    random: seededRandom(seed),
    log: { warn: () => {} },
  });
  for (const name of initial) api.put(name);
  reflector.start();
  for (const step of steps) await take(step, api, clock);
  await waitUntilEqual(api, mirror, clock);

  for (const name of api.state().keys()) api.delete(name);
  api.put('last');
  await waitUntilEqual(api, mirror, clock);

  await reflector.stop();
  expect(timeTravel.seen).toEqual([]);
  expect(api.open).toBe(0);
}

async function take(step: Step, api: FaultInjectingApi, clock: FakeClock): Promise<void> {
  switch (step.kind) {
    case 'put':
      return api.put(step.name);
    case 'delete':
      return api.delete(step.name);
    case 'compact':
      return api.compact();
    case 'bookmark':
      return api.bookmark();
    case 'wait':
      return clock.advance(step.ms);
  }
}

async function waitUntilEqual(
  api: FaultInjectingApi,
  mirror: Mirror<ServiceRecord>,
  clock: FakeClock,
): Promise<void> {
  const wanted = [...api.state()].map(([name, version]) => `${name}@${version}`).sort();
  const held = () =>
    Array.from(mirror.records.values(), (record) => `${record.name}@${record.resourceVersion}`).sort();
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += 30_000) {
    if (mirror.isSynced && held().join() === wanted.join()) return;
    await clock.advance(30_000);
  }
  expect(held(), 'not converged').toEqual(wanted);
}

/** No object may be seen in an older version than a complete list, or a change after it, has shown before. */
function watchForTimeTravel() {
  const newest = new Map<string, number>();
  const seen: string[] = [];
  let listed: Map<string, number> | undefined;
  const onPut = ({ name, resourceVersion }: ServiceRecord): void => {
    const before = newest.get(name) ?? 0;
    if (Number(resourceVersion) < before) seen.push(`${name} from ${before} to ${resourceVersion}`);
    (listed ?? newest).set(name, Number(resourceVersion));
  };
  const onEvent = (event: WatchEvent<ServiceRecord>): void => {
    if (event.kind === 'put') onPut(event.record);
    if (event.kind === 'replace-start') listed = new Map();
    if (event.kind === 'synced') {
      for (const [name, version] of listed ?? []) newest.set(name, version);
      listed = undefined;
    }
  };
  return { seen, onEvent };
}

/** Mulberry32. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
