// Somebody changes the rules of a running daemon: it is noticed, repaired and told. Somebody's own rules are left alone.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemon, LogEvent } from '../../../src/lab/daemon.ts';
import { type Beds, closeBeds, isSync, startBeds, startSynced } from './bed.ts';
import { DAMAGES } from './damages.ts';
import { DATAPLANES, type DataplaneName } from './dataplanes.ts';
import { proxyRulesOn, rulesetOf, rulesOn } from './ruleset.ts';

/** The promise is 5 s, and 1 s in nftables mode, on a machine that has nothing else to do. */
const MAX_REPAIR_MS: Readonly<Record<DataplaneName, number>> = {
  'iptables-legacy': 8_000,
  'iptables-nft': 8_000,
  nftables: 2_000,
};

let beds: Beds;
const daemons = new Map<DataplaneName, Daemon>();
beforeAll(async () => {
  beds = await startBeds(DATAPLANES);
  await Promise.all(DATAPLANES.map(async (name) => daemons.set(name, await startSynced(beds[name]))));
});
afterAll(() => closeBeds(beds));

describe.concurrent.each(DATAPLANES)('damage to the rules of %s', (dataplane) => {
  it.each(DAMAGES[dataplane])(
    'is repaired in time, and logged: $name',
    { concurrent: false },
    async ({ name, act }) => {
      const bed = beds[dataplane];
      const daemon = daemonOf(dataplane);
      const before = await proxyRulesOn(bed);
      const since = daemon.events.length;
      const startedAt = performance.now();
      await act(bed);
      const event = await daemon.waitFor(isRepair, { since });
      const tookMs = Math.round(performance.now() - startedAt);
      console.log(`${dataplane}: ${name}: repaired after ${tookMs} ms, ${event['operations']} operations`);
      expect(tookMs).toBeLessThan(MAX_REPAIR_MS[dataplane]);
      expect(await proxyRulesOn(bed)).toEqual(before);
    },
  );
});

describe('repair after repair', () => {
  it.concurrent.each(DATAPLANES)('is counted, and worth a hint (%s)', async (dataplane) => {
    const { events } = daemonOf(dataplane);
    const counts = events.filter(isRepair).map(({ family, repairs }) => `${family} ${repairs}`);
    expect(counts).toEqual(expect.arrayContaining(['IPv4 1', 'IPv4 2', 'IPv4 3', 'IPv6 1']));
    expect(events.filter(({ msg }) => msg.includes('does a kube-proxy still run'))).toHaveLength(1);
  });
});

describe('rules of somebody else', () => {
  it.concurrent.each(DATAPLANES)('do not make the daemon write (%s)', async (dataplane) => {
    const bed = beds[dataplane];
    const daemon = daemonOf(dataplane);
    const since = daemon.events.length;
    const before = await rulesOn(bed);
    await rulesetOf(bed).addOthers(bed);
    const withOthers = await rulesOn(bed);
    expect(withOthers.length).toBeGreaterThan(before.length);
    await sleep(5_000);
    const writes = daemon.events.slice(since).filter((event) => isSync(event) && event['operations'] !== 0);
    expect(writes).toEqual([]);
    expect(await rulesOn(bed)).toEqual(withOthers);
  });
});

function daemonOf(dataplane: DataplaneName): Daemon {
  const daemon = daemons.get(dataplane);
  if (!daemon) throw new Error(`no daemon for ${dataplane}`);
  return daemon;
}

function isRepair({ msg }: LogEvent): boolean {
  return msg === 'rules were changed by somebody else, repaired them';
}
