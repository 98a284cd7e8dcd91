// The daemon ends and comes back: the rules stay, what the next one finds is not written again, and no connection notices.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemon, LogEvent } from '../../../src/lab/daemon.ts';
import { randomNumbers } from '../../builders/random.ts';
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
import { Churn } from './churn.ts';
import { DATAPLANES } from './dataplanes.ts';
import { deleteService, putService } from './manifests.ts';
import { faultsOn, proxyRulesOn, rulesetOf, rulesOn } from './ruleset.ts';
import { Traffic } from './traffic.ts';

const KILLS = 12;
/** Half of the daemons are killed at some time after their start, the others while they write what changes. */
const MAX_START_MS = 1_000;
const MAX_BUSY_MS = 400;
const SEED = 3;

let beds: Beds;
beforeAll(async () => {
  beds = await startBeds(DATAPLANES);
});
afterAll(() => closeBeds(beds));

describe('SIGTERM', () => {
  it.concurrent.each(DATAPLANES)(
    'ends the daemon within a second and leaves its rules (%s)',
    async (dataplane) => {
      const bed = beds[dataplane];
      const daemon = await startSynced(bed);
      const before = await rulesOn(bed);
      const startedAt = performance.now();
      expect(await daemon.stop()).toBe(0);
      const tookMs = Math.round(performance.now() - startedAt);
      console.log(`${dataplane}: ended ${tookMs} ms after SIGTERM`);
      expect(tookMs).toBeLessThan(2_000);
      expect(await rulesOn(bed)).toEqual(before);
    },
  );
});

describe('SIGTERM in a burst of changes', () => {
  it.concurrent.each(DATAPLANES)('ends the daemon as fast, with whole tables (%s)', async (dataplane) => {
    const bed = beds[dataplane];
    const daemon = await startSynced(bed);
    const churn = Churn.start(bed, { name: `term-${dataplane}`, seed: SEED });
    await sleep(300);
    const startedAt = performance.now();
    expect(await daemon.stop()).toBe(0);
    const tookMs = Math.round(performance.now() - startedAt);
    console.log(`${dataplane}: ended ${tookMs} ms after SIGTERM, busy`);
    churn.stop();
    expect(tookMs).toBeLessThan(2_000);
    expect(await faultsOn(bed)).toEqual([]);
  });
});

describe('SIGKILL at random moments of a burst of changes', () => {
  it.concurrent.each(DATAPLANES)(
    'costs no connection and leaves no table half-written (%s)',
    async (dataplane) => {
      const bed = beds[dataplane];
      const random = randomNumbers(SEED);
      await (await startSynced(bed)).stop();
      const before = await proxyRulesOn(bed);
      const traffic = await Traffic.start(bed);
      const churn = Churn.start(bed, { name: `kill-${dataplane}`, seed: SEED });
      const syncs: number[] = [];
      for (let i = 0; i < KILLS; i++) {
        const daemon = i % 2 === 0 ? startDaemon(bed) : await startSynced(bed);
        await sleep(random(i % 2 === 0 ? MAX_START_MS : MAX_BUSY_MS));
        await daemon.kill();
        syncs.push(daemon.events.filter(isSync).length);
        expect(await faultsOn(bed), `after kill ${i + 1}`).toEqual([]);
      }
      churn.stop();
      const report = await traffic.stop();
      console.log(`${dataplane}: ${KILLS} kills, after ${syncs} syncs,`, report);
      expect(report.errors).toEqual({});
      expect(report.connections).toBeGreaterThan(100);
      expect(report.echoes).toBeGreaterThan(100);
      await (await startSynced(bed)).stop();
      expect(await proxyRulesOn(bed)).toEqual(before);
    },
  );
});

describe('the traffic of these tests', () => {
  it.concurrent.each(DATAPLANES)('notices rules that are gone for an instant (%s)', async (dataplane) => {
    const bed = beds[dataplane];
    await (await startSynced(bed)).stop();
    const traffic = await Traffic.start(bed);
    await rulesetOf(bed).interrupt(bed, 300);
    const report = await traffic.stop();
    console.log(`${dataplane}: without rules for 300 ms,`, report);
    expect(Object.keys(report.errors)).not.toEqual([]);
  });
});

describe('the start after nothing has changed', () => {
  it.concurrent.each(DATAPLANES)('writes nothing (%s)', async (dataplane) => {
    const bed = beds[dataplane];
    await (await startSynced(bed)).stop();
    const before = await rulesOn(bed);
    const daemon = startDaemon(bed);
    const syncs = await firstSyncs(daemon);
    await daemon.stop();
    expect(syncs.map(workOf)).toEqual([
      { cause: 'start', outcome: 'nothing-to-do', operations: 0 },
      { cause: 'start', outcome: 'nothing-to-do', operations: 0 },
    ]);
    expect(await rulesOn(bed)).toEqual(before);
  });
});

describe('the start after a change', () => {
  it.concurrent.each(DATAPLANES)('writes only what has changed (%s)', async (dataplane) => {
    const bed = beds[dataplane];
    await (await startSynced(bed)).kill();
    const churn = new Churn(bed, { name: `one-${dataplane}`, seed: SEED });
    churn.change();
    const daemon = startDaemon(bed);
    const [ipv4] = await firstSyncs(daemon);
    await daemon.stop();
    churn.stop();
    const { cause, outcome, operations } = workOf(ipv4);
    console.log(`${dataplane}: ${operations} operations for one new Service at the start`);
    expect({ cause, outcome }).toEqual({ cause: 'start', outcome: 'committed' });
    expect(operations).toBeLessThan(40);
  });
});

describe('two daemons on one node', () => {
  it.concurrent.each(DATAPLANES)('take turns, and no connection notices (%s)', async (dataplane) => {
    const bed = beds[dataplane];
    const traffic = await startTraffic(bed);
    const first = await startSynced(bed);
    const second = await startWaiting(bed, [first]);
    const startedAt = performance.now();
    expect(await first.stop()).toBe(0);
    await firstSyncs(second);
    const afterStopMs = performance.now() - startedAt;
    const third = await startWaiting(bed, [second]);
    const killedAt = performance.now();
    await second.kill();
    await firstSyncs(third);
    const afterKillMs = performance.now() - killedAt;
    await third.stop();
    const report = await traffic.stop();
    const took = [afterStopMs, afterKillMs].map(Math.round);
    console.log(
      `${dataplane}: synced ${took[0]} ms after SIGTERM, ${took[1]} ms after SIGKILL of the one before,`,
      report,
    );
    expect(report.errors).toEqual({});
  });

  it('do not mix: what a killed one has started comes first', async () => {
    const bed = beds['iptables-legacy'];
    const put = (endpoint: string) => putService(bed, { name: 'x', endpoints: [endpoint] });
    put('10.244.2.1');
    const first = await startSynced(bed);
    const before = await rulesOn(bed);
    const second = await startWaiting(bed, [first]);
    // Whoever changes rules waits for this lock.
    const lockFile = bed.node.env['XTABLES_LOCKFILE'] ?? '';
    const busy = bed.node.exec('flock', [lockFile, 'sleep', '2']);
    await sleep(200);
    put('10.244.2.2');
    await sleep(500);
    put('10.244.2.1');
    await first.kill();
    await busy;
    await firstSyncs(second);
    await sleep(500);
    expect(await rulesOn(bed)).toEqual(before);
    await second.stop();
    deleteService(bed, 'x');
  });

  /** A daemon that has nothing left to do but to wait. */
  async function startWaiting(bed: Bed, holders: readonly Daemon[]): Promise<Daemon> {
    const daemon = startDaemon(bed);
    await daemon.waitFor(({ msg }) => msg === 'waiting for another Fairlead on this node to end');
    expect(daemon.events.filter(isSync)).toEqual([]);
    expect(holders.flatMap(({ events }) => events.filter(isSync))).not.toEqual([]);
    return daemon;
  }
});

/** With rules in place for it. */
async function startTraffic(bed: Bed): Promise<Traffic> {
  await (await startSynced(bed)).stop();
  return Traffic.start(bed);
}

function workOf({ cause, outcome, operations }: LogEvent | Record<string, unknown> = {}) {
  return { cause, outcome, operations };
}
