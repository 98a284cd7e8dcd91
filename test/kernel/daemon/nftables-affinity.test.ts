// Session affinity in nftables mode is learned by the kernel itself: what of it the daemon must take away, what must outlive the
// daemon, and what ends by itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemon } from '../../../src/lab/daemon.ts';
import type { IpFamily } from '../../../src/model/ip.ts';
import {
  type Bed,
  type Beds,
  closeBeds,
  FAMILIES,
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
const ENDPOINTS: Readonly<Record<IpFamily, readonly string[]>> = {
  IPv4: ['10.244.2.1', '10.244.2.2', '10.244.2.3'],
  IPv6: ['fd00:10:244:2::1', 'fd00:10:244:2::2', 'fd00:10:244:2::3'],
};
const EXTERNAL_IP: Readonly<Record<IpFamily, string>> = { IPv4: '203.0.113.7', IPv6: '2001:db8:113::7' };
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

describe.each(FAMILIES)('session affinity of %s', (family) => {
  const endpoints = ENDPOINTS[family];

  it('forgets the clients of an endpoint that leaves, and of no other', async () => {
    const vip = putSticky(family, 'leaves', endpoints);
    const others = putSticky(family, 'stays', endpoints);
    const daemon = await startSynced(bed);
    const [gone = ''] = await endpointsSeen(vip);
    const [kept = ''] = await endpointsSeen(others);

    const since = daemon.events.length;
    const startedAt = performance.now();
    const rest = endpoints.filter((ip) => nameOf(ip) !== gone);
    putSticky(family, 'leaves', rest);
    await written(daemon, family, since);
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

  it('forgets the clients of those frontends whose traffic policy changes, and of no others', async () => {
    const external = EXTERNAL_IP[family];
    const withPolicy = (externalTrafficPolicy: string) =>
      putSticky(family, 'policy', endpoints, {
        spec: { type: 'NodePort', externalIPs: [external], externalTrafficPolicy },
      });
    const vip = withPolicy('Cluster');
    const daemon = await startSynced(bed);
    const seen = await endpointsSeen(vip);
    expect(await endpointsSeen(external)).toHaveLength(1);
    expect([await clientsOf(vip), await clientsOf(external)]).toEqual([1, 1]);

    const since = daemon.events.length;
    withPolicy('Local');
    await written(daemon, family, since);
    expect([await clientsOf(vip), await clientsOf(external)]).toEqual([1, 0]);
    expect(await endpointsSeen(vip)).toEqual(seen);
    expect(await endpointsSeen(external)).toHaveLength(1);
    expect(await clientsOf(external)).toBe(1);
    await daemon.stop();
    deleteService(bed, 'policy');
  });

  it('remembers clients while no daemon runs, and when the next one starts', async () => {
    const vip = putSticky(family, 'lasts', endpoints);
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
    const vip = putSticky(family, 'left', endpoints);
    const first = await startSynced(bed);
    const [gone = ''] = await endpointsSeen(vip);
    await first.kill();
    const rest = endpoints.filter((ip) => nameOf(ip) !== gone);
    putSticky(family, 'left', rest);
    const second = startDaemon(bed);
    await firstSyncs(second);
    expect(rest.map(nameOf)).toContain((await endpointsSeen(vip))[0]);
    await second.stop();
    deleteService(bed, 'left');
  });

  it('lets a client go when its time is over', async () => {
    const vip = putSticky(family, 'ends', endpoints, { seconds: SHORT_SECONDS });
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
});

interface StickySpec {
  readonly seconds?: number;
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Returns its ClusterIP. */
function putSticky(
  family: IpFamily,
  name: string,
  endpoints: readonly string[],
  { seconds = LASTING_SECONDS, spec }: StickySpec = {},
): string {
  const affinity = {
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: seconds } },
  };
  return putService(bed, { name, endpoints, family, spec: { ...affinity, ...spec } });
}

/** The sync is over when the clients are forgotten. */
function written(daemon: Daemon, family: IpFamily, since: number): Promise<unknown> {
  return daemon.waitFor((event) => isSync(event) && event['family'] === family && event['operations'] !== 0, {
    since,
  });
}

/** The names of those that answer the one client. */
async function endpointsSeen(vip: string): Promise<string[]> {
  const attempts = await bed.asker.probe({ to: vip, port: 80, count: PROBES, concurrency: 1 });
  return [...new Set(attempts.map((attempt) => (attempt.ok ? attempt.answer.name : attempt.error)))];
}

function nameOf(ip: string): string {
  return `web-2-${ip.split(/[.:]/).at(-1)}`;
}

async function clientsOf(vip: string): Promise<number> {
  const clients = (await listTables(bed)).flatMap(({ sets }) => [
    ...(sets.get('clients')?.elements.keys() ?? []),
  ]);
  return clients.filter((key) => key.includes(`"${vip}"`)).length;
}
