// A rolling upgrade as a node sees it: kube-proxy, Fairlead, a newer Fairlead with rules in another layout, and the way back.
// The same traffic runs through all of it; at the end the rules are taken away, to see that it would have noticed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bed, type Beds, closeBeds, startBeds, startSynced } from './bed.ts';
import { DATAPLANES } from './dataplanes.ts';
import { kubeProxyOf } from './kube-proxy.ts';
import { layoutNamesOn } from './layout-names.ts';
import { buildNewerFairlead, type NewerFairlead } from './newer-fairlead.ts';
import { faultsOn, proxyRulesOn, rulesetOf } from './ruleset.ts';
import { Traffic } from './traffic.ts';
import { expectNoticed, replace, underLoad } from './under-load.ts';

let beds: Beds;
let newer: NewerFairlead;
beforeAll(async () => {
  [beds, newer] = await Promise.all([startBeds(DATAPLANES), buildNewerFairlead()]);
});
afterAll(async () => {
  await closeBeds(beds);
  newer?.remove();
});

describe('a rolling upgrade under load, and the way back', () => {
  it.concurrent.each(DATAPLANES)(
    'costs no connection and leaves nothing that packets meet (%s)',
    async (dataplane) => {
      const bed = beds[dataplane];
      const kubeProxy = kubeProxyOf(bed);
      await kubeProxy.run(bed);
      const before = await proxyRulesOn(bed);
      const traffic = await Traffic.start(bed);
      const step = <T>(what: string, act: () => Promise<T>) =>
        underLoad(traffic, `${dataplane}: ${what}`, act);

      const first = await step('kube-proxy to Fairlead', () => startSynced(bed));
      const ours = await stateOf(bed);
      expect(ours.rules.filter((rule) => rule.includes('CANARY'))).toEqual([]);
      expect(ours.faults).toEqual([]);
      expect(ours.names.length).toBeGreaterThan(50);

      const second = await step('Fairlead to a newer one', () =>
        replace(first, () => startSynced(bed, { command: newer.command })),
      );
      expect(second.events[0]).toMatchObject({ version: newer.version });
      const theirs = await stateOf(bed);
      expect(theirs.faults).toEqual([]);
      expect(theirs.names.filter((name) => ours.names.includes(name))).toEqual([]);
      expect(theirs.names.length).toBe(ours.names.length);

      const third = await step('back to the first', () => replace(second, () => startSynced(bed)));
      expect(await stateOf(bed)).toEqual(ours);

      await step('back to kube-proxy', () => replace(third, () => kubeProxy.sync(bed)));
      await expectOnlyLeftovers(bed, before);

      await expectNoticed(traffic, dataplane, (forMs) => rulesetOf(bed).interrupt(bed, forMs));
    },
  );
});

/** What service proxies have in the kernel. */
interface State {
  readonly rules: readonly string[];
  readonly faults: readonly string[];
  readonly names: readonly string[];
}

async function stateOf(bed: Bed): Promise<State> {
  const rules = await proxyRulesOn(bed);
  return { rules, faults: await faultsOn(bed), names: await layoutNamesOn(bed, rules) };
}

/** The rules of before are there, and beside them only chains and sets that nothing of theirs leads to. */
async function expectOnlyLeftovers(bed: Bed, before: readonly string[]): Promise<void> {
  const { ownerOf } = kubeProxyOf(bed);
  const owners = new Set(before.map(ownerOf));
  const after = await proxyRulesOn(bed);
  expect(before.filter((rule) => !after.includes(rule))).toEqual([]);
  const others = after.filter((rule) => !before.includes(rule));
  expect(others.filter((rule) => !ownerOf(rule) || owners.has(ownerOf(rule)))).toEqual([]);
}
