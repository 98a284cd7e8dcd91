// A rolling upgrade as a node sees it: kube-proxy, Fairlead, a newer Fairlead with rules in another layout, and the way back.
// The same traffic runs through all of it; at the end the rules are flushed, to see that it would have noticed.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bed, type Beds, closeBeds, FAMILIES, startBeds, startSynced } from './bed.ts';
import { IPTABLES } from './dataplanes.ts';
import { iptables, rulesOf, save, tableOf } from './iptables-ruleset.ts';
import { recorded, runKubeProxy, syncKubeProxy } from './kube-proxy-rules.ts';
import { buildNewerFairlead, type NewerFairlead } from './newer-fairlead.ts';
import { faultsOn, proxyRulesOn } from './ruleset.ts';
import { runOn } from './run-on.ts';
import { CONNECT_TIMEOUT_MS, Traffic } from './traffic.ts';
import { replace, underLoad } from './under-load.ts';

const FLUSHED_MS = 300;

let beds: Beds<(typeof IPTABLES)[number]>;
let newer: NewerFairlead;
beforeAll(async () => {
  [beds, newer] = await Promise.all([startBeds(IPTABLES), buildNewerFairlead()]);
});
afterAll(async () => {
  await closeBeds(beds);
  newer?.remove();
});

describe('a rolling upgrade under load, and the way back', () => {
  it.concurrent.each(IPTABLES)(
    'costs no connection and leaves nothing that packets meet (%s)',
    async (dataplane) => {
      const bed = beds[dataplane];
      await runKubeProxy(bed);
      const traffic = await Traffic.start(bed);

      const first = await underLoad(traffic, `${dataplane}: kube-proxy to Fairlead`, () => startSynced(bed));
      const ours = await stateOf(bed);
      expect(ours.rules.filter((rule) => rule.includes('CANARY'))).toEqual([]);
      expect(ours.faults).toEqual([]);
      expect(ours.names.length).toBeGreaterThan(50);

      const upgrade = () => replace(first, () => startSynced(bed, { command: newer.command }));
      const second = await underLoad(traffic, `${dataplane}: Fairlead to a newer one`, upgrade);
      expect(second.events[0]).toMatchObject({ version: newer.version });
      const theirs = await stateOf(bed);
      expect(theirs.faults).toEqual([]);
      expect(theirs.names.filter((name) => ours.names.includes(name))).toEqual([]);
      expect(theirs.names.length).toBe(ours.names.length);

      const rollBack = () => replace(second, () => startSynced(bed));
      const third = await underLoad(traffic, `${dataplane}: back to the first`, rollBack);
      expect(await stateOf(bed)).toEqual(ours);

      await underLoad(traffic, `${dataplane}: back to kube-proxy`, () =>
        replace(third, () => syncKubeProxy(bed)),
      );
      for (const family of FAMILIES) {
        expect(natRulesOf(await save(bed, family))).toEqual(natRulesOf(recorded(bed, family)));
      }
      const left = await stateOf(bed);
      expect(left.rules.filter(isJumpTo(ours.names))).toEqual([]);

      await sleep(CONNECT_TIMEOUT_MS);
      expect((await traffic.report()).errors).toEqual({});
      await flush(bed);
      const { errors } = await traffic.stop();
      console.log(`${dataplane}: the same traffic without rules for ${FLUSHED_MS} ms,`, errors);
      expect(Object.keys(errors)).not.toEqual([]);
    },
  );
});

/** What service proxies have in the kernel. */
interface State {
  readonly rules: readonly string[];
  readonly faults: readonly string[];
  /** Of chains and sets that belong to a Service or to a layout: those that no other layout has. */
  readonly names: readonly string[];
}

async function stateOf(bed: Bed): Promise<State> {
  const rules = await proxyRulesOn(bed);
  const chains = rules.flatMap((rule) => /^\w+ :(KUBE-(?:SVC|SVL|EXT|FW|SEP)-\S+)/.exec(rule)?.[1] ?? []);
  const sets = (await runOn(bed, ['ipset', 'list', '-name']))
    .split('\n')
    .filter((name) => /^KUBE-/.test(name));
  return { rules, faults: await faultsOn(bed), names: [...chains, ...sets].sort() };
}

async function flush(bed: Bed): Promise<void> {
  await iptables(bed, ['-t', 'nat', '-F', 'KUBE-SERVICES']);
  await sleep(FLUSHED_MS);
  await syncKubeProxy(bed);
}

/** A rule in filter, where kube-proxy collects nothing, that leads from another chain to one of these. */
function isJumpTo(names: readonly string[]): (rule: string) => boolean {
  return (rule) => {
    const [, from = '', to = ''] = /^filter -A (\S+) .*-[jg] (\S+)/.exec(rule) ?? [];
    return names.includes(to) && !names.includes(from);
  };
}

function natRulesOf(saved: string): string[] {
  return rulesOf(tableOf(saved, 'nat')).sort();
}
