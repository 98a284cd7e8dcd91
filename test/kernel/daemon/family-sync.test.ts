// One family's syncs with the real dataplane, where a running daemon would take minutes or a kernel will not do what is asked:
// the audit, and what a real iptables-restore refuses.
import { afterEach, describe, expect, it } from 'vitest';
import type { SetAsideEntry } from '../../../src/status/snapshot.ts';
import { FamilySync } from '../../../src/sync/family-sync.ts';
import { KernelMirror } from '../../../src/sync/kernel-mirror.ts';
import { tellAll } from '../../../src/sync/observer.ts';
import { aPlanConfig } from '../../builders/plans.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { type Bed, createBed, execIn, LINEUPS, type Lineup, removeBeds } from '../iptables/bed.ts';
import { BAD, badEndpoint, SERVICES, twentyServices } from './twenty-services.ts';

afterEach(removeBeds);

describe.each(LINEUPS)('the audit of iptables $variant, $family', (lineup) => {
  it('finds a changed rule where the counts stay the same', async () => {
    const { bed, family } = await programmed(lineup);
    const before = rulesOf(bed);
    const rule = before.find((line) => line.includes('--to-destination')) ?? '';
    bed.restore(`*nat\n${rule.replace('-A', '-D')}\n${rule.replace('8080', '8081')}\nCOMMIT\n`);
    expect(await family.isUntouched()).toBe(true);
    expect(await family.sync('audit')).toMatchObject({ outcome: 'committed', changes: 0, operations: 1 });
    expect(rulesOf(bed)).toEqual(before);
    expect(family.status().repairs).toBe(1);
    expect(await family.sync('audit')).toMatchObject({ outcome: 'nothing-to-do' });
  });
});

/** What becomes of the rule that sends packets to the endpoint of the Service at fault. */
const FAULTS = [
  ['a rule that the tool cannot parse', '-j DNAT --to-destination nowhere'],
  ['a rule that the kernel does not take', '-j MASQUERADE'],
] as const;

describe.each(LINEUPS)('iptables $variant, $family, refusing', (lineup) => {
  it.each(FAULTS)('%s: keeps one Service back, until it is taken', async (_, badRule) => {
    const { bed, family, clock, fault, setAside } = await programmed(lineup, badRule);
    const endpoint = badEndpoint(lineup.family);
    expect(setAside).toMatchObject([{ key: BAD, failures: 1 }]);
    expect(family.status()).toMatchObject({ servicePorts: SERVICES - 1, lastSync: { outcome: 'committed' } });
    expect(destinationsOf(bed)).toHaveLength(SERVICES - 1);

    await clock.advance(10_000);
    expect(await family.sync('changes')).toMatchObject({ outcome: 'nothing-to-do' });
    expect(setAside.at(-1)).toMatchObject({ failures: 2 });

    fault.isOn = false;
    await clock.advance(20_000);
    expect(await family.sync('changes')).toMatchObject({ outcome: 'committed' });
    expect(family.setAside.size).toBe(0);
    expect(destinationsOf(bed)).toHaveLength(SERVICES);
    expect(destinationsOf(bed).join()).toContain(endpoint);
  });
});

/** After the first sync of twenty Services; the given rule is put in the place of one of the seventh's. */
async function programmed(lineup: Lineup, badRule?: string) {
  const fault = { isOn: badRule !== undefined };
  const bed: Bed = createBed(lineup, {
    exec: (command) => {
      const { input } = command;
      const exec = execIn(bed.netns);
      if (!input || !fault.isOn) return exec(command);
      return exec({ ...command, input: [spoiled([...input].join(''), lineup, badRule ?? '')] });
    },
  });
  const clock = new FakeClock();
  const setAside: SetAsideEntry[] = [];
  const model = twentyServices(lineup.family, clock);
  const family = new FamilySync({
    kernel: new KernelMirror(bed.dataplane),
    model,
    settings: { config: aPlanConfig(), node: { name: 'node-1', bindIp: undefined } },
    clock,
    random: () => 0,
    observer: tellAll([{ onSetAside: (entry) => setAside.push(entry) }]),
  });
  expect(await family.sync('start')).toMatchObject({ outcome: 'committed' });
  expect(await family.isUntouched()).toBe(true);
  return { bed, family, clock, fault, setAside };
}

function spoiled(input: string, { family }: Lineup, badRule: string): string {
  const bad = badEndpoint(family);
  const destination = family === 'IPv4' ? `${bad}:8080` : `[${bad}]:8080`;
  return input.replaceAll(`-j DNAT --to-destination ${destination}`, badRule);
}

function rulesOf(bed: Bed): string[] {
  return bed
    .save()
    .split('\n')
    .filter((line) => line.startsWith('-A'))
    .sort();
}

function destinationsOf(bed: Bed): string[] {
  return rulesOf(bed).filter((line) => line.includes('--to-destination'));
}
