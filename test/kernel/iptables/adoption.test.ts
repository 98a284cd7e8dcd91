// Nodes on which kube-proxy ran, and nodes to which it comes back.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { planGlobal } from '../../../src/plan/global-plan.ts';
import { kubeProxySync } from '../../builders/kube-proxy-sync.ts';
import { recordedCluster } from '../../builders/objects.ts';
import { planFromNothing } from '../../builders/plans.ts';
import { createBed, LINEUPS, removeBeds, write } from './bed.ts';

afterEach(removeBeds);

const RECORDED = resolve(import.meta.dirname, '../../fixtures/kube-proxy');

describe.each(LINEUPS)('iptables $variant, $family', (lineup) => {
  const { family, variant } = lineup;
  const cluster = recordedCluster();
  const plan = planFromNothing(cluster, family);
  const change = { family, global: planGlobal({ ...cluster, family }), services: plan.services };
  const file = `iptables-${variant}.${family === 'IPv4' ? 'iptables' : 'ip6tables'}-save`;
  const recorded = readFileSync(resolve(RECORDED, file), 'utf8');

  it('replaces what kube-proxy left with what it writes on an empty node, in one restore', async () => {
    const empty = createBed(lineup);
    await write(empty.dataplane, await empty.dataplane.read(), change, true);
    const { dataplane, restore, save } = createBed(lineup);
    restore(recorded);
    const { result } = await write(dataplane, await dataplane.read(), change, true);
    expect(result).toMatchObject({ ok: true });
    // kubelet has KUBE-FIREWALL too, so it is never removed.
    const isForeign = (line: string) => family === 'IPv6' && line.includes('KUBE-FIREWALL');
    expect(rulesOf(save()).filter((line) => !isForeign(line))).toEqual(rulesOf(empty.save()));
    expect(save()).not.toContain('KUBE-PROXY-CANARY');
  });

  it('leaves nothing in nat to a kube-proxy that comes back', async () => {
    const { dataplane, restore, save } = createBed(lineup);
    await write(dataplane, await dataplane.read(), change, true);
    restore(kubeProxySync(recorded, save()));
    expect(natOf(rulesOf(save()))).toEqual(natOf(rulesOf(recorded)));
  });
});

function rulesOf(saved: string): string[] {
  let table = '';
  const lines = saved.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line;
    return /^-A|^:KUBE/.test(line) ? [`${table} ${line.replace(/ \[.*/, '')}`] : [];
  });
  return lines.sort();
}

function natOf(rules: readonly string[]): string[] {
  return rules.filter((rule) => rule.startsWith('*nat '));
}
