// Somebody else flushes or deletes what we wrote: the probe must notice, our own writes must not alarm it, and one complete
// write must repair it.
import { afterEach, describe, expect, it } from 'vitest';
import { planGlobal } from '../../../src/plan/global-plan.ts';
import type { PlanChange } from '../../../src/plan/plan.ts';
import { recordedCluster } from '../../builders/objects.ts';
import { planFromNothing } from '../../builders/plans.ts';
import { type Bed, createBed, LINEUPS, removeBeds, write } from './bed.ts';

afterEach(removeBeds);

describe.each(LINEUPS)('the tamper probe of iptables $variant, $family', (lineup) => {
  const { family } = lineup;
  const cluster = recordedCluster();
  const plan = planFromNothing(cluster, family);
  const change: PlanChange = { family, global: planGlobal({ ...cluster, family }), services: plan.services };
  const [someKey = '' as never, somePlan] =
    [...plan.services].find(([key]) => key.includes('web-dual')) ?? [];
  const command = family === 'IPv4' ? 'iptables' : 'ip6tables';

  async function programmed() {
    const bed = createBed(lineup);
    const { state } = await write(bed.dataplane, await bed.dataplane.read(), change, true);
    expect(await bed.dataplane.isUntouched(state)).toBe(true);
    return { bed, state };
  }

  const tamper = ({ run }: Bed, ...args: string[]) =>
    run(`${command}-${lineup.variant}`, ['-t', 'nat', ...args]);

  it.each([
    ['a flushed chain', (bed: Bed) => void tamper(bed, '-F', 'KUBE-SERVICES')],
    ['all chains flushed', (bed: Bed) => void tamper(bed, '-F')],
    ['a deleted rule', (bed: Bed) => void tamper(bed, '-D', 'KUBE-POSTROUTING', '1')],
    ['a deleted jump', (bed: Bed) => void tamper(bed, '-D', 'OUTPUT', '1')],
    ['a random leaf chain deleted with the rule that led to it', deleteRandomLeaf],
  ])('notices %s, and a complete write repairs it', async (_, damage) => {
    const { bed, state } = await programmed();
    const before = withoutCounters(bed.save());
    damage(bed);
    expect(await bed.dataplane.isUntouched(state)).toBe(false);
    const repaired = await write(bed.dataplane, await bed.dataplane.read(state), change, true);
    expect(repaired.result).toMatchObject({ ok: true });
    expect(withoutCounters(bed.save())).toEqual(before);
    expect(await bed.dataplane.isUntouched(repaired.state)).toBe(false);
    expect(await bed.dataplane.isUntouched(repaired.state)).toBe(true);
  });

  it('notices damage right after a repair', async () => {
    const { bed, state } = await programmed();
    tamper(bed, '-F', 'KUBE-SERVICES');
    expect(await bed.dataplane.isUntouched(state)).toBe(false);
    const repaired = await write(bed.dataplane, await bed.dataplane.read(state), change, true);
    tamper(bed, '-F', 'KUBE-SERVICES');
    expect(await bed.dataplane.isUntouched(repaired.state)).toBe(false);
  });

  function deleteRandomLeaf(bed: Bed): void {
    const save = bed.save();
    const leaves = [...save.matchAll(/^-A (\S+) .*-g (KUBE-SVC-[A-Z2-7]{16})$/gm)];
    const leaf = leaves[Math.floor(Math.random() * leaves.length)]?.[2] ?? '';
    const nat = save.slice(save.indexOf('*nat'));
    const references = nat.split('\n').filter((line) => line.startsWith('-A') && line.endsWith(` ${leaf}`));
    expect(references).not.toEqual([]);
    bed.restore(
      `*nat\n${references.map((line) => `${line.replace('-A', '-D')}\n`).join('')}:${leaf} - [0:0]\n-X ${leaf}\nCOMMIT\n`,
    );
  }

  it('is not alarmed by our own changes', async () => {
    const { bed, state } = await programmed();
    const without = { family, global: undefined, services: new Map([[someKey, undefined]]) };
    const removed = await write(bed.dataplane, state, without);
    expect(removed.result).toMatchObject({ ok: true });
    expect(await bed.dataplane.isUntouched(removed.state)).toBe(true);
    const back = { family, global: undefined, services: new Map([[someKey, somePlan]]) };
    const added = await write(bed.dataplane, removed.state, back);
    expect(added.result).toMatchObject({ ok: true });
    expect(await bed.dataplane.isUntouched(added.state)).toBe(true);
  });

  it('notices damage between two of our own changes', async () => {
    const { bed, state } = await programmed();
    tamper(bed, '-F', 'KUBE-POSTROUTING');
    const without = { family, global: undefined, services: new Map([[someKey, undefined]]) };
    const { state: next } = await write(bed.dataplane, state, without);
    expect(await bed.dataplane.isUntouched(next)).toBe(false);
  });
});

/** Where a rule stands within a built-in chain is not ours to decide. */
function withoutCounters(saved: string): string[] {
  return saved
    .split('\n')
    .filter((line) => /^-A|^:KUBE/.test(line))
    .sort();
}
