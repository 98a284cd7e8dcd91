// The API server goes away and comes back, or never was there: rules stay as they are, nothing that happened meanwhile is lost,
// and what only an operator can put right ends the daemon with a clear message.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bed, type Beds, closeBeds, startBeds, startDaemon, startSynced } from './bed.ts';
import { DATAPLANES } from './dataplanes.ts';
import { deleteService, putService } from './manifests.ts';
import { rulesetOf, rulesOn } from './ruleset.ts';
import { Traffic } from './traffic.ts';
import { until } from './until.ts';

const OUTAGE_MS = 2_000;
const ENDPOINT = '10.244.2.1';

let beds: Beds;
beforeAll(async () => {
  beds = await startBeds(DATAPLANES);
});
afterAll(() => closeBeds(beds));

describe('an API server that is away for a while', () => {
  it.concurrent.each(DATAPLANES)('and remembers what happened: it is made up for (%s)', async (dataplane) => {
    const bed = beds[dataplane];
    putService(bed, { name: 'goes', endpoints: [ENDPOINT] });
    const daemon = await startSynced(bed);
    await checkOutage(bed, { gone: 'goes', come: 'comes' });
    expect(await daemon.stop()).toBe(0);
  });
});

describe('an API server that is away and has forgotten how it came to what it has', () => {
  it.concurrent.each(DATAPLANES)('is listed again, and deletions are found (%s)', async (dataplane) => {
    const bed = beds[dataplane];
    const { store } = bed.controlPlane.cluster;
    putService(bed, { name: 'goes-too', endpoints: [ENDPOINT] });
    const daemon = await startSynced(bed);
    await checkOutage(bed, {
      gone: 'goes-too',
      come: 'comes-too',
      beforeReturn: () => store.compact(store.resourceVersion),
    });
    expect(await daemon.stop()).toBe(0);
  });
});

describe('an API server that is not there yet', () => {
  it('is waited for, and meanwhile the rules of the life before serve', async () => {
    const bed = beds['iptables-legacy'];
    await (await startSynced(bed)).stop();
    const before = await rulesOn(bed);
    await bed.controlPlane.stopServing();
    const traffic = await Traffic.start(bed);
    const daemon = startDaemon(bed);
    await sleep(OUTAGE_MS);
    expect(await rulesOn(bed)).toEqual(before);
    await bed.controlPlane.serve();
    const added = putService(bed, { name: 'late', endpoints: [ENDPOINT] });
    await until('the new Service is served', () => isServed(bed, added));
    expect((await traffic.stop()).errors).toEqual({});
    expect(await daemon.stop()).toBe(0);
  });

  it('does not keep SIGTERM waiting', async () => {
    const bed = beds['iptables-nft'];
    await bed.controlPlane.stopServing();
    const daemon = startDaemon(bed);
    await sleep(1_000);
    expect(await daemon.stop()).toBe(0);
    await bed.controlPlane.serve();
  });
});

describe('what only an operator can put right', () => {
  it('a kubeconfig that is not there: exit code 1 and its path', async () => {
    const daemon = startDaemon(beds['iptables-legacy'], { kubeconfig: '/nowhere/kubeconfig' });
    expect(await daemon.ended).toBe(1);
    expect(daemon.lastLines()).toContain('/nowhere/kubeconfig');
  });

  it('a configuration with mistakes: exit code 1 and all of them', async () => {
    const config = { mode: 'ebpf-someday', iptables: { masqueradeBit: 77 } };
    const daemon = startDaemon(beds['iptables-legacy'], { config });
    expect(await daemon.ended).toBe(1);
    const printed = daemon.otherLines.join('\n');
    expect(printed).toMatch(/config\.json cannot be used/);
    expect(printed).toMatch(/mode is 'ebpf-someday', but must be/);
    expect(printed).toMatch(/iptables\.masqueradeBit is 77, but must be/);
  });
});

interface Outage {
  /** The Service that is deleted meanwhile. */
  readonly gone: string;
  /** The Service that is created meanwhile. */
  readonly come: string;
  readonly beforeReturn?: () => void;
}

async function checkOutage(bed: Bed, { gone, come, beforeReturn }: Outage): Promise<void> {
  const { controlPlane } = bed;
  const { isOf } = rulesetOf(bed);
  const before = await rulesOn(bed);
  expect(before.some((rule) => isOf(rule, gone))).toBe(true);
  const traffic = await Traffic.start(bed);
  await controlPlane.stopServing();
  deleteService(bed, gone);
  const added = putService(bed, { name: come, endpoints: [ENDPOINT] });
  await sleep(OUTAGE_MS);
  expect(await rulesOn(bed)).toEqual(before);
  beforeReturn?.();
  await controlPlane.serve();
  const startedAt = performance.now();
  await until(
    'the deleted Service is gone',
    async () => !(await rulesOn(bed)).some((rule) => isOf(rule, gone)),
  );
  await until('the new Service is served', () => isServed(bed, added));
  const tookMs = Math.round(performance.now() - startedAt);
  const report = await traffic.stop();
  console.log(`${bed.dataplane}: up to date ${tookMs} ms after the API server was back,`, report);
  expect(report.errors).toEqual({});
}

async function isServed({ asker }: Bed, to: string): Promise<boolean> {
  const [attempt] = await asker.probe({ to, port: 80, timeoutMs: 500 });
  return attempt?.ok ?? false;
}
