// A node whose service proxy changes its mode: kube-proxy's nftables mode, Fairlead in each mode, and the way back. The same traffic
// runs through all of it; at the end the rules are taken away, to see that it would have noticed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemon } from '../../../src/lab/daemon.ts';
import { type Bed, type Beds, closeBeds, startBeds, startSynced } from './bed.ts';
import { IPTABLES } from './dataplanes.ts';
import { iptablesRuleset } from './iptables-ruleset.ts';
import { runKubeProxy } from './kube-proxy-rules.ts';
import { KUBE_PROXY_TABLES, loadKubeProxyTables, syncKubeProxyTables } from './kube-proxy-tables.ts';
import { nftablesRuleset } from './nftables-ruleset.ts';
import { runOn } from './run-on.ts';
import { Traffic } from './traffic.ts';
import { expectNoticed, replace, underLoad } from './under-load.ts';

let beds: Beds<(typeof IPTABLES)[number]>;
beforeAll(async () => {
  beds = await startBeds(IPTABLES);
});
afterAll(() => closeBeds(beds));

describe('from mode to mode under load, and back', () => {
  it.concurrent.each(IPTABLES)(
    'costs no connection and leaves nothing of the other mode (%s)',
    async (name) => {
      const bed = beds[name];
      await loadKubeProxyTables(bed);
      const traffic = await Traffic.start(bed);
      const step = <T>(what: string, act: () => Promise<T>) => underLoad(traffic, `${name}: ${what}`, act);

      const first = await step("kube-proxy's nftables mode to ours", () => startIn(bed, 'nftables'));
      expect(await mapsOn(bed)).not.toContain('service-ips');

      const second = await step('nftables to iptables', () =>
        replace(first, () => startAndRemove(bed, 'iptables')),
      );
      expect(await tablesOn(bed)).toEqual([]);

      const third = await step('iptables to nftables', () =>
        replace(second, () => startAndRemove(bed, 'nftables')),
      );
      expect(await iptablesOf(bed)).toEqual([]);
      expect(await setsOn(bed)).toEqual([]);

      await step("back to kube-proxy's nftables mode", () => replace(third, () => syncKubeProxyTables(bed)));
      expect(await baseChainsOn(bed)).toEqual(baseChainsIn(KUBE_PROXY_TABLES));

      await expectNoticed(traffic, name, (forMs) => nftablesRuleset.interrupt(bed, forMs));
    },
  );
});

describe("from kube-proxy's iptables mode to our nftables mode under load", () => {
  it.concurrent.each(IPTABLES)('costs no connection and leaves none of its rules (%s)', async (name) => {
    const bed = beds[name];
    for (const table of await tablesOn(bed)) await runOn(bed, ['nft', 'delete', ...table.split(' ')]);
    await runKubeProxy(bed);
    const traffic = await Traffic.start(bed);
    const daemon = await underLoad(traffic, name, () => startAndRemove(bed, 'nftables'));
    expect(await iptablesOf(bed)).toEqual([]);
    await daemon.stop();
    await expectNoticed(traffic, name, (forMs) => nftablesRuleset.interrupt(bed, forMs));
  });
});

type Mode = 'iptables' | 'nftables';

function startIn(bed: Bed, mode: Mode): Promise<Daemon> {
  return startSynced(bed, { config: { mode } });
}

/** Resolves when what the other mode left is gone. */
async function startAndRemove(bed: Bed, mode: Mode): Promise<Daemon> {
  const daemon = await startIn(bed, mode);
  await daemon.waitFor(({ msg }) => msg === 'removed what the other mode left on the node');
  return daemon;
}

async function tablesOn(bed: Bed): Promise<string[]> {
  const tables = (await runOn(bed, ['nft', 'list', 'tables'])).split('\n');
  return tables.filter((table) => table.endsWith(' kube-proxy'));
}

async function mapsOn(bed: Bed): Promise<string[]> {
  const listing = await runOn(bed, ['nft', 'list', 'maps', 'ip']);
  return Array.from(listing.matchAll(/^\tmap (\S+) /gm), ([, name = '']) => name);
}

/** What of service proxies is left in iptables, but for what is kubelet's, too. */
async function iptablesOf(bed: Bed): Promise<string[]> {
  const rules = (await iptablesRuleset.rulesOn(bed)).filter(iptablesRuleset.isOfProxy);
  return rules.filter((rule) => !rule.includes('KUBE-FIREWALL'));
}

async function setsOn(bed: Bed): Promise<string[]> {
  return (await runOn(bed, ['ipset', 'list', '-name'])).split('\n').filter(Boolean);
}

async function baseChainsOn(bed: Bed): Promise<string[]> {
  return baseChainsIn(await runOn(bed, ['nft', '--terse', 'list', 'ruleset']));
}

/** Those of kube-proxy's tables with a hook, and their rules. */
function baseChainsIn(listing: string): string[] {
  const tables = listing.split(/^(?=table )/m).filter((table) => /^table ip6? kube-proxy /.test(table));
  return tables.flatMap((table) => table.match(/^\tchain \S+ \{\n\t\ttype [^}]*\}/gm) ?? []).sort();
}
