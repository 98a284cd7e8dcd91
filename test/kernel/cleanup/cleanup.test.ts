// --cleanup on a real kernel: what service proxies made goes, what others made stays, and established connections live on.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANCHOR_CHAIN } from '../../../src/dataplane/iptables/cleanup-input.ts';
import { LOCALNET_PROTECTION } from '../../../src/dataplane/iptables/shared-rules.ts';
import { type Bed, type Beds, closeBeds, FAMILIES, startBeds } from '../daemon/bed.ts';
import { IPTABLES } from '../daemon/dataplanes.ts';
import { iptables, restore } from '../daemon/iptables-ruleset.ts';
import { runOn } from '../daemon/run-on.ts';
import { TARGETS } from '../daemon/traffic.ts';
import { addOthers, fairlead, rulesByFamily, setsOn, startFromSources } from './node.ts';

const RECORDED = resolve(import.meta.dirname, '../../fixtures/kube-proxy');
const SAVE = { IPv4: 'iptables-save', IPv6: 'ip6tables-save' } as const;
/** Messages are sent every 5 ms. */
const ECHOES_MS = 500;

let beds: Beds<(typeof IPTABLES)[number]>;
const others: Record<string, string[][]> = {};
beforeAll(async () => {
  beds = await startBeds(IPTABLES);
  for (const dataplane of IPTABLES) others[dataplane] = await addOthers(beds[dataplane]);
});
afterAll(() => closeBeds(beds));

/** Rules that are kubelet's, too, and the anchor. */
const STAYS = [ANCHOR_CHAIN, 'KUBE-FIREWALL', ...LOCALNET_PROTECTION.map(({ rule }) => rule)];

async function expectOnlyOthers(bed: Bed): Promise<void> {
  const isOurs = (rule: string) => !STAYS.some((text) => rule.includes(text));
  const left = (await rulesByFamily(bed)).map((rules) => rules.filter(isOurs));
  // Tables that a program made for its own use stay, with the chains that all tables have.
  const isBuiltIn = (rule: string) => /^\w+ :[A-Z]+ (ACCEPT|-)$/.test(rule);
  const expected = (others[bed.dataplane] ?? []).map((rules) => rules.filter(isOurs));
  expect(left.map((rules) => rules.filter((rule) => !isBuiltIn(rule)))).toEqual(
    expected.map((rules) => rules.filter((rule) => !isBuiltIn(rule))),
  );
}

function hasAnchor(bed: Bed): Promise<boolean[]> {
  return rulesByFamily(bed).then((families) =>
    families.map((rules) => rules.some((rule) => rule.startsWith(`nat -A ${ANCHOR_CHAIN} `))),
  );
}

describe.each(IPTABLES)('--cleanup after Fairlead (%s)', (dataplane) => {
  it('removes rules and sets, and keeps established connections and what others made', async () => {
    const bed = beds[dataplane];
    const daemon = await startFromSources(bed);
    const transfers = await Promise.all(TARGETS.map((to) => bed.asker.transfer({ to, port: 80 })));
    await sleep(ECHOES_MS);
    expect(await daemon.stop()).toBe(0);
    expect(await setsOn(bed)).toContain('FAIRLEAD-CLUSTER-IPS-4');

    const result = await fairlead(bed, '--cleanup');
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    const before = await Promise.all(transfers.map((transfer) => transfer.report()));
    await sleep(ECHOES_MS);
    const after = await Promise.all(transfers.map((transfer) => transfer.report()));
    await expectOnlyOthers(bed);
    expect(await setsOn(bed)).toEqual([]);
    for (const [i, { error, echoedCount }] of after.entries()) {
      expect(error).toBeUndefined();
      expect(echoedCount).toBeGreaterThan(before[i]?.echoedCount ?? 0);
    }
    // KUBE-FIREWALL's rule, which IPv4 alone has, does for it what the anchor does for IPv6.
    expect(await hasAnchor(bed)).toEqual([false, true]);

    // Positive control: the anchor is what keeps the connection of IPv6.
    await iptables(bed, ['-t', 'nat', '-F', ANCHOR_CHAIN], 'IPv6');
    await sleep(ECHOES_MS);
    const cut = await Promise.all(transfers.map((transfer) => transfer.stop()));
    expect(cut[0]?.longestGapMs).toBeLessThan(ECHOES_MS);
    expect(cut[1]?.longestGapMs).toBeGreaterThan(ECHOES_MS / 2);
  });

  it('changes nothing the second time', async () => {
    const bed = beds[dataplane];
    await fairlead(bed, '--cleanup');
    const before = await rulesByFamily(bed);
    const again = await fairlead(bed, '--cleanup');
    expect(again, again.stderr).toMatchObject({ exitCode: 0 });
    expect(await rulesByFamily(bed)).toEqual(before);
  });

  it('leaves an anchor that the next start removes', async () => {
    const bed = beds[dataplane];
    const daemon = await startFromSources(bed);
    expect(await hasAnchor(bed)).toEqual([false, false]);
    await daemon.stop();
  });

  it('does nothing while a Fairlead runs', async () => {
    const bed = beds[dataplane];
    const daemon = await startFromSources(bed);
    const before = await rulesByFamily(bed);
    const result = await fairlead(bed, '--cleanup');
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('stop it first') });
    expect(await rulesByFamily(bed)).toEqual(before);
    await daemon.stop();
  });

  it('says which rule of others keeps a chain, and empties it', async () => {
    const bed = beds[dataplane];
    const daemon = await startFromSources(bed);
    await daemon.stop();
    await iptables(bed, ['-t', 'nat', '-A', 'HOSTPORTS', '-j', 'KUBE-MARK-MASQ']);
    const result = await fairlead(bed, '--cleanup');
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(
      'KUBE-MARK-MASQ stays, empty, because a rule of nat HOSTPORTS leads to it',
    );
    expect(await iptables(bed, ['-t', 'nat', '-S', 'KUBE-MARK-MASQ'])).toBe('-N KUBE-MARK-MASQ\n');
    await iptables(bed, ['-t', 'nat', '-D', 'HOSTPORTS', '-j', 'KUBE-MARK-MASQ']);
    expect(await fairlead(bed, '--cleanup')).toMatchObject({ exitCode: 0 });
    await expectOnlyOthers(bed);
  });
});

describe.each(IPTABLES)('--cleanup after kube-proxy (%s)', (dataplane) => {
  it('leaves nothing but what is kubelet’s, too', async () => {
    const bed = beds[dataplane];
    for (const counter of ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'])
      await runOn(bed, ['nfacct', 'add', counter]).catch(() => undefined);
    for (const family of FAMILIES) {
      const saved = readFileSync(resolve(RECORDED, `${dataplane}.${SAVE[family]}`), 'utf8');
      await restore(bed, saved, family);
    }
    const result = await fairlead(bed, '--cleanup');
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    await expectOnlyOthers(bed);
  });
});
