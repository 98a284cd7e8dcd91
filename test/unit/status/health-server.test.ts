import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { healthRoutes } from '../../../src/status/health-server.ts';
import type { Snapshot } from '../../../src/status/snapshot.ts';
import { aFamilyStatus, aSnapshot } from '../../builders/status.ts';
import { ask } from './ask.ts';

const RECORDED = readFileSync(
  resolve(import.meta.dirname, '../../fixtures/kube-proxy/iptables-nft.healthz.txt'),
  'utf8',
);
const NOW = Date.parse('2026-11-21T10:55:13.730Z');

let snapshot: Snapshot;
let counts: string[];

beforeEach(() => {
  snapshot = aSnapshot({ runningSinceMs: NOW - 5_000 });
  counts = [];
});

function get(path: string) {
  const handler = healthRoutes({
    snapshot: () => snapshot,
    nowMs: () => NOW,
    healthTimeoutMs: 60_000,
    metrics: { onHealthAnswer: (endpoint, status) => counts.push(`${endpoint} ${status}`) },
  });
  return ask(handler, path);
}

/** A change of IPv6 waits so long. */
function waitingFor(ms: number): void {
  const waiting = aFamilyStatus({ family: 'IPv6', queuedSinceMs: NOW - ms });
  snapshot = aSnapshot({ runningSinceMs: NOW - 100_000, families: [aFamilyStatus(), waiting] });
}

describe('/healthz and /livez', () => {
  it.each([
    ['/healthz', 0],
    ['/livez', 1],
  ])('%s answers as recorded, but for the times', async (path, index) => {
    const families = [
      aFamilyStatus({ lastGoodSyncMs: Date.parse('2026-11-21T10:55:08.294Z') }),
      aFamilyStatus({ family: 'IPv6', lastGoodSyncMs: Date.parse('2026-11-21T10:55:08.416Z') }),
    ];
    snapshot = { ...snapshot, families };
    const answers = RECORDED.split(/(?=HTTP\/1\.1)/);
    const [head = '', body = ''] = answers[index]?.split('\r\n\r\n') ?? [];
    const answer = await get(path);
    expect(answer.body).toBe(toMilliseconds(body));
    expect(head).toContain(`HTTP/1.1 ${answer.status} OK`);
    for (const [name, value] of Object.entries(answer.headers)) expect(head).toContain(`${name}: ${value}\r`);
  });

  it('are good while a change waits for less than the timeout, however old the last sync is', async () => {
    waitingFor(59_999);
    expect((await get('/healthz')).status).toBe(200);
  });

  it('are bad when a change of any family waits for as long as the timeout', async () => {
    waitingFor(60_000);
    for (const path of ['/healthz', '/livez']) {
      const { status, body } = await get(path);
      expect(status).toBe(503);
      expect(JSON.parse(body as string)).toMatchObject({
        healthy: false,
        // The newest of the families, not now.
        lastUpdated: '2026-11-21T10:53:33.73Z',
        status: { IPv4: { healthy: true }, IPv6: { healthy: false } },
      });
    }
    expect(counts).toEqual(['healthz 503', 'livez 503']);
  });

  it('count waiting only from when rules may be written', async () => {
    waitingFor(200_000);
    snapshot = { ...snapshot, runningSinceMs: NOW - 10_000 };
    expect((await get('/livez')).status).toBe(200);
  });

  it('are good without families before rules may be written', async () => {
    snapshot = { ...snapshot, runningSinceMs: undefined };
    const { status, body } = await get('/livez');
    expect(status).toBe(200);
    expect(JSON.parse(body as string)).toMatchObject({ healthy: true, status: {} });
  });

  it.each([
    ['there is no such Node', undefined],
    ['the Node is being deleted', { taintKeys: [], isDeleting: true }],
    ['the autoscaler removes the node', { taintKeys: ['ToBeDeletedByClusterAutoscaler'], isDeleting: false }],
  ])('tell load balancers to leave when %s, and stay alive', async (_, node) => {
    snapshot = { ...snapshot, node };
    const { status, body } = await get('/healthz');
    expect(status).toBe(503);
    expect(JSON.parse(body as string)).toMatchObject({ nodeEligible: false, healthy: true });
    expect((await get('/livez')).status).toBe(200);
  });

  it('know other taints', async () => {
    snapshot = { ...snapshot, node: { taintKeys: ['node.kubernetes.io/unreachable'], isDeleting: false } };
    expect((await get('/healthz')).status).toBe(200);
  });
});

describe('/readyz', () => {
  it('is good only when every family has had its first full sync', async () => {
    const families = [aFamilyStatus(), aFamilyStatus({ family: 'IPv6', isSynced: false })];
    snapshot = { ...snapshot, families };
    const { status, body } = await get('/readyz');
    expect(status).toBe(503);
    expect(JSON.parse(body as string)).toEqual({
      ready: false,
      status: { IPv4: { synced: true }, IPv6: { synced: false } },
    });
    snapshot = aSnapshot();
    expect((await get('/readyz')).status).toBe(200);
  });
});

it('knows no other path', async () => {
  for (const path of ['/', '/healthz/', '/metrics', '/readyz/x']) {
    const { status, body } = await get(path);
    expect([status, body]).toEqual([404, '404 page not found\n']);
  }
});

/** Our clock counts milliseconds; `lastUpdated` is the same now as `currentTime`. */
function toMilliseconds(body: string): string {
  const short = body.replace(/(\.\d{3})\d+Z/g, '$1Z').replace(/\.?0*Z/g, 'Z');
  return short.replaceAll(/"2026-11-21T10:55:13\.\d+Z"/g, '"2026-11-21T10:55:13.73Z"');
}
