// Somebody changes the rules of a running daemon: it is noticed, repaired and told. Somebody's own rules are left alone.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemon, LogEvent } from '../../../src/lab/daemon.ts';
import { randomNumbers } from '../../builders/random.ts';
import { type Bed, closeBeds, isSync, startBeds, startSynced, VARIANTS } from './bed.ts';
import { iptables, proxyRulesOf, restore, rulesOn, save, tableOf } from './ruleset.ts';

/** The promise is 5 s, on a machine that has nothing else to do. */
const MAX_REPAIR_MS = 8_000;
const SEED = 11;

const DAMAGES: readonly (readonly [string, (bed: Bed) => Promise<unknown>])[] = [
  ['all rules flushed in nat', (bed) => iptables(bed, ['-t', 'nat', '-F'])],
  ['all rules flushed and all chains deleted, as firewalld reloads', flushEverything],
  ['all rules of IPv6 flushed', (bed) => iptables(bed, ['-t', 'nat', '-F'], 'IPv6')],
  ['a jump to us deleted', (bed) => iptables(bed, ['-t', 'nat', '-D', 'PREROUTING', '1'])],
  ['one random chain of a Service deleted', deleteRandomLeaf],
];

let beds: Awaited<ReturnType<typeof startBeds>>;
let daemons: Readonly<Record<string, Daemon>>;
beforeAll(async () => {
  beds = await startBeds();
  const started = VARIANTS.map(async (variant) => [variant, await startSynced(beds[variant])] as const);
  daemons = Object.fromEntries(await Promise.all(started));
});
afterAll(() => closeBeds(beds));

describe.each(DAMAGES)('%s', (what, damage) => {
  it.concurrent.each(VARIANTS)('is repaired within seconds, and logged (%s)', async (variant) => {
    const bed = beds[variant];
    const daemon = daemonOf(variant);
    const before = proxyRulesOf(await rulesOn(bed));
    const since = daemon.events.length;
    const startedAt = performance.now();
    await damage(bed);
    expect(proxyRulesOf(await rulesOn(bed))).not.toEqual(before);
    const event = await daemon.waitFor(isRepair, { since });
    const tookMs = Math.round(performance.now() - startedAt);
    console.log(`${variant}: ${what}: repaired after ${tookMs} ms, ${event['operations']} operations`);
    expect(tookMs).toBeLessThan(MAX_REPAIR_MS);
    expect(proxyRulesOf(await rulesOn(bed))).toEqual(before);
  });
});

describe('repair after repair', () => {
  it.concurrent.each(VARIANTS)('is counted, and worth a hint (%s)', async (variant) => {
    const { events } = daemonOf(variant);
    const counts = events.filter(isRepair).map(({ family, repairs }) => `${family} ${repairs}`);
    expect(counts).toEqual(expect.arrayContaining(['IPv4 1', 'IPv4 2', 'IPv4 3', 'IPv6 1']));
    expect(events.filter(({ msg }) => msg.includes('does a kube-proxy still run'))).toHaveLength(1);
  });
});

describe('chains and rules of somebody else', () => {
  it.concurrent.each(VARIANTS)('do not make the daemon write (%s)', async (variant) => {
    const bed = beds[variant];
    const daemon = daemonOf(variant);
    const since = daemon.events.length;
    const theirs =
      ':CNI-HOSTPORT - [0:0]\n-A CNI-HOSTPORT -p tcp -m tcp --dport 9 -j RETURN\n-A PREROUTING -j CNI-HOSTPORT\n';
    await restore(bed, `*nat\n${theirs}COMMIT\n`);
    const before = await rulesOn(bed);
    await sleep(5_000);
    const writes = daemon.events.slice(since).filter((event) => isSync(event) && event['operations'] !== 0);
    expect(writes).toEqual([]);
    expect(await rulesOn(bed)).toEqual(before);
    expect(before).toContain('nat -A PREROUTING -j CNI-HOSTPORT');
  });
});

function daemonOf(variant: string): Daemon {
  const daemon = daemons[variant];
  if (!daemon) throw new Error(`no daemon for ${variant}`);
  return daemon;
}

function isRepair({ msg }: LogEvent): boolean {
  return msg === 'rules were changed by somebody else, repaired them';
}

async function flushEverything(bed: Bed): Promise<void> {
  for (const table of ['filter', 'nat', 'mangle']) {
    await iptables(bed, ['-t', table, '-F']);
    await iptables(bed, ['-t', table, '-X']);
  }
}

/** With the rules that lead to it, without which no tool can delete it. */
async function deleteRandomLeaf(bed: Bed): Promise<void> {
  const nat = tableOf(await save(bed), 'nat');
  const leaves = Array.from(nat.matchAll(/^:(KUBE-(?:SVC|SEP)-[A-Z2-7]{16}) /gm), ([, name = '']) => name);
  const leaf = leaves[randomNumbers(SEED)(leaves.length)] ?? '';
  const references = nat.split('\n').filter((line) => line.startsWith('-A') && line.endsWith(` ${leaf}`));
  const removals = references.map((line) => `${line.replace('-A', '-D')}\n`).join('');
  await restore(bed, `*nat\n${removals}:${leaf} - [0:0]\n-X ${leaf}\nCOMMIT\n`);
}
