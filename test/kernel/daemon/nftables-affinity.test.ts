// Session affinity in nftables mode is learned by the kernel itself: what of it the daemon must take away, what must outlive the
// daemon, and what ends by itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Bed,
  type Beds,
  closeBeds,
  firstSyncs,
  isSync,
  startBeds,
  startDaemon,
  startSynced,
} from './bed.ts';
import { deleteService, putService } from './manifests.ts';
import { listTables } from './nftables-listing.ts';
import { until } from './until.ts';

/** web-2-1, web-2-2 and web-2-3. */
const ENDPOINTS = ['10.244.2.1', '10.244.2.2', '10.244.2.3'];
/** The promise is 100 ms, on a machine that has nothing else to do. */
const MAX_EVICTION_MS = 1_000;
const PROBES = 12;
const LASTING_SECONDS = 600;
const SHORT_SECONDS = 2;

let beds: Beds<'nftables'>;
let bed: Bed;
beforeAll(async () => {
  beds = await startBeds(['nftables']);
  bed = beds.nftables;
});
afterAll(() => closeBeds(beds));

it('forgets the clients of an endpoint that leaves, and of no other', async () => {
  const vip = putSticky('leaves', ENDPOINTS);
  const others = putSticky('stays', ENDPOINTS);
  const daemon = await startSynced(bed);
  const [gone = ''] = await endpointsSeen(vip);
  const [kept = ''] = await endpointsSeen(others);

  const since = daemon.events.length;
  const startedAt = performance.now();
  const rest = ENDPOINTS.filter((ip) => nameOf(ip) !== gone);
  putSticky('leaves', rest);
  // The sync is over when the clients are forgotten.
  await daemon.waitFor((event) => isSync(event) && event['operations'] !== 0, { since });
  const tookMs = Math.round(performance.now() - startedAt);
  console.log(`forgotten ${tookMs} ms after the change`);
  expect(tookMs).toBeLessThan(MAX_EVICTION_MS);
  const [next = ''] = await endpointsSeen(vip);
  expect(rest.map(nameOf)).toContain(next);
  expect(await endpointsSeen(others)).toEqual([kept]);
  await daemon.stop();
  deleteService(bed, 'leaves');
  deleteService(bed, 'stays');
});

it('remembers clients while no daemon runs, and when the next one starts', async () => {
  const vip = putSticky('lasts', ENDPOINTS);
  const first = await startSynced(bed);
  const seen = await endpointsSeen(vip);
  expect(seen).toHaveLength(1);
  await first.kill();
  expect(await endpointsSeen(vip)).toEqual(seen);
  const second = await startSynced(bed);
  expect(await endpointsSeen(vip)).toEqual(seen);
  await second.stop();
  deleteService(bed, 'lasts');
});

it('forgets, when it starts, the clients of endpoints that left while no daemon ran', async () => {
  const vip = putSticky('left', ENDPOINTS);
  const first = await startSynced(bed);
  const [gone = ''] = await endpointsSeen(vip);
  await first.kill();
  const rest = ENDPOINTS.filter((ip) => nameOf(ip) !== gone);
  putSticky('left', rest);
  const second = startDaemon(bed);
  await firstSyncs(second);
  expect(rest.map(nameOf)).toContain((await endpointsSeen(vip))[0]);
  await second.stop();
  deleteService(bed, 'left');
});

it('lets a client go when its time is over', async () => {
  const vip = putSticky('ends', ENDPOINTS, SHORT_SECONDS);
  const daemon = await startSynced(bed);
  expect(await endpointsSeen(vip)).toHaveLength(1);
  expect(await clientsOf(vip)).toBe(1);
  await until('the kernel has forgotten it', async () => (await clientsOf(vip)) === 0);
  const all = new Set<string>();
  await until('another endpoint answers', async () => {
    for (const name of await endpointsSeen(vip)) all.add(name);
    await sleep(SHORT_SECONDS * 1_000 + 500);
    return all.size > 1;
  });
  await daemon.stop();
  deleteService(bed, 'ends');
});

/** Returns its ClusterIP. */
function putSticky(name: string, endpoints: readonly string[], seconds = LASTING_SECONDS): string {
  const spec = {
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: seconds } },
  };
  return putService(bed, { name, endpoints, spec });
}

/** The names of those that answer the one client. */
async function endpointsSeen(vip: string): Promise<string[]> {
  const attempts = await bed.asker.probe({ to: vip, port: 80, count: PROBES, concurrency: 1 });
  return [...new Set(attempts.map((attempt) => (attempt.ok ? attempt.answer.name : attempt.error)))];
}

function nameOf(ip: string): string {
  return `web-2-${ip.split('.').at(-1)}`;
}

async function clientsOf(vip: string): Promise<number> {
  const clients = (await listTables(bed)).flatMap(({ sets }) => [
    ...(sets.get('clients')?.elements.keys() ?? []),
  ]);
  return clients.filter((key) => key.includes(`"${vip}"`)).length;
}
