// Rules of somebody else are replaced while they are in use: kube-proxy's, and those of another layout of our own. And
// kube-proxy replaces ours.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IpFamily } from '../../../src/model/ip.ts';
import { kubeProxySync } from '../../builders/kube-proxy-sync.ts';
import { type Bed, closeBeds, FAMILIES, startBeds, startSynced, VARIANTS } from './bed.ts';
import {
  faultsOn,
  proxyRulesOf,
  restore,
  restoreAll,
  rulesOf,
  rulesOn,
  runOn,
  save,
  tableOf,
} from './ruleset.ts';
import { Traffic } from './traffic.ts';

const RECORDED = resolve(import.meta.dirname, '../../fixtures/kube-proxy');
const SAVE = { IPv4: 'iptables-save', IPv6: 'ip6tables-save' } as const;
/** Long enough for connections under the new rules. */
const AFTERWARDS_MS = 300;

let beds: Awaited<ReturnType<typeof startBeds>>;
beforeAll(async () => {
  beds = await startBeds();
});
afterAll(() => closeBeds(beds));

describe('a node on which kube-proxy ran', () => {
  it.concurrent.each(VARIANTS)('is taken over, and nothing of kube-proxy is left (%s)', async (variant) => {
    const bed = beds[variant];
    await addKubeProxysCounters(bed);
    for (const family of FAMILIES) await restoreAll(bed, recorded(bed, family), family);
    const traffic = await Traffic.start(bed);
    const daemon = await startSynced(bed);
    await sleep(AFTERWARDS_MS);
    const report = await traffic.stop();
    await daemon.stop();
    console.log(`${variant}: taken over from kube-proxy,`, report);
    expect(report.errors).toEqual({});
    expect(await faultsOn(bed)).toEqual([]);
    expect((await rulesOn(bed)).filter((rule) => rule.includes('CANARY'))).toEqual([]);
  });
});

describe('a node to which kube-proxy comes back', () => {
  it.concurrent.each(VARIANTS)(
    'keeps nothing of ours in nat, and no connection notices (%s)',
    async (variant) => {
      const bed = beds[variant];
      await (await startSynced(bed)).stop();
      const traffic = await Traffic.start(bed);
      for (const family of FAMILIES) {
        await restore(bed, kubeProxySync(recorded(bed, family), await save(bed, family)), family);
      }
      await sleep(AFTERWARDS_MS);
      const report = await traffic.stop();
      console.log(`${variant}: given back to kube-proxy,`, report);
      expect(report.errors).toEqual({});
      for (const family of FAMILIES) {
        expect(natRulesOf(await save(bed, family))).toEqual(natRulesOf(recorded(bed, family)));
      }
    },
  );
});

describe.each([
  ['an older', 0],
  ['a newer', 2],
])('%s layout of our own rules', (_, version) => {
  it.concurrent.each(VARIANTS)('is replaced without a gap or a leftover (%s)', async (variant) => {
    const bed = beds[variant];
    await (await startSynced(bed)).stop();
    const ours = proxyRulesOf(await rulesOn(bed));
    for (const family of FAMILIES) {
      await restoreAll(bed, inOtherLayout(await save(bed, family), version), family);
    }
    expect(proxyRulesOf(await rulesOn(bed))).not.toEqual(ours);
    const traffic = await Traffic.start(bed);
    const daemon = await startSynced(bed);
    await sleep(AFTERWARDS_MS);
    const report = await traffic.stop();
    await daemon.stop();
    console.log(`${variant}: from layout ${version},`, report);
    expect(report.errors).toEqual({});
    expect(proxyRulesOf(await rulesOn(bed))).toEqual(ours);
  });
});

function recorded({ variant }: Bed, family: IpFamily): string {
  return readFileSync(resolve(RECORDED, `iptables-${variant}.${SAVE[family]}`), 'utf8');
}

/** Its rules name counters that have to be there. */
async function addKubeProxysCounters(bed: Bed): Promise<void> {
  for (const counter of ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'])
    await runOn(bed, ['nfacct', 'add', counter]);
}

function natRulesOf(saved: string): string[] {
  return rulesOf(tableOf(saved, 'nat')).sort();
}

/** The same rules in chains of other names, behind the marker of another layout. */
function inOtherLayout(saved: string, version: number): string {
  const names = new Map<string, string>();
  const rename = (name: string, prefix: string) => {
    if (name.includes('fairlead-layout')) return name.replace(/\d+$/, String(version));
    if (!names.has(name)) names.set(name, `${prefix}v${version}.${names.size}`);
    return names.get(name) ?? '';
  };
  return saved.replaceAll(
    /(^:|^-A | -[jg] )((KUBE-(?:SVC|SVL|EXT|FW|SEP)-)\S+)/gm,
    (_, before: string, name: string, prefix: string) => before + rename(name, prefix),
  );
}
