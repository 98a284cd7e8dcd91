// SIGKILL where a daemon of nftables mode has most to lose: while it writes its first table in many transactions, and while the
// node changes from one mode to the other, forth and back. Packets always meet all rules of one proxy.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IpFamily } from '../../../src/model/ip.ts';
import { randomNumbers } from '../../builders/random.ts';
import { type Bed, type Beds, closeBeds, FAMILIES, firstSyncs, startBeds, startDaemon } from './bed.ts';
import { IPTABLES } from './dataplanes.ts';
import { faultsOf, iptables, save } from './iptables-ruleset.ts';
import { putService } from './manifests.ts';
import { faultsOfTable, isLive } from './nftables-faults.ts';
import { type ListedTable, listTables, nft, nftScript } from './nftables-listing.ts';
import { linesOf, nftablesRuleset } from './nftables-ruleset.ts';
import { CONNECT_TIMEOUT_MS, Traffic } from './traffic.ts';
import { until } from './until.ts';

const SEED = 7;
const KILLS = 14;
const MAX_START_MS = 2_000;
/** Enough for a few transactions of a MB. */
const SERVICES = 5_000;
const MAX_LOAD_MS = 700;
const INTERRUPTION_MS = 300;

let beds: Beds<'nftables' | (typeof IPTABLES)[number]>;
beforeAll(async () => {
  beds = await startBeds([...IPTABLES, 'nftables']);
});
afterAll(() => closeBeds(beds));

describe('SIGKILL in a change of the mode', () => {
  it.concurrent.each(IPTABLES)('costs no connection, whenever it comes (%s)', async (name) => {
    const bed = beds[name];
    const random = randomNumbers(SEED);
    await runOnce(bed, 'iptables');
    const traffic = await Traffic.start(bed);
    const serving: string[] = [];
    for (let i = 0; i < KILLS; i++) {
      const daemon = startDaemon(bed, { config: { mode: i % 2 === 0 ? 'nftables' : 'iptables' } });
      await sleep(random(MAX_START_MS));
      await daemon.kill();
      serving.push((await Promise.all(FAMILIES.map((family) => servingMode(bed, family)))).join(' '));
      expect(serving.at(-1), `after kill ${i + 1}`).toMatch(
        /^(iptables|nftables|both) (iptables|nftables|both)$/,
      );
    }
    await sleep(CONNECT_TIMEOUT_MS);
    const report = await traffic.report();
    console.log(`${name}: ${KILLS} kills, then served by`, serving, report);
    expect(report.errors).toEqual({});
    expect(new Set(serving).size).toBeGreaterThan(1);

    await interrupt(bed);
    expect(Object.keys((await traffic.stop()).errors)).not.toEqual([]);
  });
});

describe('SIGKILL in the first load', () => {
  it('leaves nothing that packets meet, or everything, and the next start goes on', async () => {
    const bed = beds.nftables;
    const random = randomNumbers(SEED);
    for (let i = 0; i < SERVICES; i++) putService(bed, { name: `load-${i}`, endpoints: endpointsOf(i) });
    await runOnce(bed, 'nftables');
    const whole = (await nftablesRuleset.rulesOn(bed)).sort();

    const found: number[] = [];
    for (let i = 0; i < KILLS; i++) {
      // Every third start finds what the one before has left.
      const isAnew = i % 3 !== 2;
      if (isAnew) await nftScript(bed, 'flush ruleset');
      const daemon = startDaemon(bed);
      if (isAnew) await until('it has begun to write', async () => (await nft(bed, 'list', 'tables')) !== '');
      await sleep(random(isAnew ? MAX_LOAD_MS : MAX_START_MS));
      await daemon.kill();
      const tables = await listTables(bed);
      const isOfLive = ofTables(tables.filter(isLive));
      const lines = tables.flatMap(linesOf).sort();
      expect(lines.filter(isOfLive), `after kill ${i + 1}`).toEqual(whole.filter(isOfLive));
      found.push(lines.length);
    }
    console.log(`lines after each kill, of ${whole.length}:`, found);
    expect(found.filter((count) => count > 0 && count < whole.length)).not.toEqual([]);
    await runOnce(bed, 'nftables');
    expect((await nftablesRuleset.rulesOn(bed)).sort()).toEqual(whole);
  });
});

/** Until everything is synced. */
async function runOnce(bed: Bed, mode: 'iptables' | 'nftables'): Promise<void> {
  const daemon = startDaemon(bed, { config: { mode } });
  await firstSyncs(daemon);
  await daemon.stop();
}

function endpointsOf(i: number): string[] {
  return [1, 2, 3].map((host) => `10.244.${i % 250}.${host}`);
}

function ofTables(tables: readonly ListedTable[]): (line: string) => boolean {
  const beginnings = tables.map(({ family, name }) => `${family} ${name} `);
  return (line) => beginnings.some((beginning) => line.startsWith(beginning));
}

/** The modes whose rules packets of the family meet, all of them. */
async function servingMode(bed: Bed, family: IpFamily): Promise<string> {
  const isNftables = await servesByNftables(bed, family);
  if (!(await servesByIptables(bed, family))) return isNftables ? 'nftables' : 'none';
  return isNftables ? 'both' : 'iptables';
}

async function servesByIptables(bed: Bed, family: IpFamily): Promise<boolean> {
  const saved = await save(bed, family);
  return /^-A PREROUTING .*KUBE-SERVICES$/m.test(saved) && faultsOf(saved).length === 0;
}

async function servesByNftables(bed: Bed, family: IpFamily): Promise<boolean> {
  const tables = await listTables(bed);
  const table = tables.find(
    (one) => one.name === 'kube-proxy' && (one.family === 'ip') === (family === 'IPv4'),
  );
  return table !== undefined && isLive(table) && faultsOfTable(table).length === 0;
}

/** Also of what belongs to others: nothing is left of either mode. */
async function interrupt(bed: Bed): Promise<void> {
  await iptables(bed, ['-t', 'nat', '-F']);
  await nftScript(bed, 'flush ruleset');
  await sleep(INTERRUPTION_MS);
  await runOnce(bed, 'nftables');
}
