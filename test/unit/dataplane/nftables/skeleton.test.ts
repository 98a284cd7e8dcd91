import { describe, expect, it } from 'vitest';
import type { Chain } from '../../../../src/dataplane/nftables/chain.ts';
import { SERVICES } from '../../../../src/dataplane/nftables/names.ts';
import { affinitySet, FIXED_SETS } from '../../../../src/dataplane/nftables/schema.ts';
import { type SkeletonContext, skeleton } from '../../../../src/dataplane/nftables/skeleton.ts';
import type { GlobalPlan } from '../../../../src/plan/plan.ts';
import type { NftExpression } from '../../../../src/system/netlink/nftables/nft-expression.ts';
import { aGlobalPlan } from '../../../builders/iptables-plans.ts';

describe.each(['IPv4', 'IPv6'] as const)('the chains of %s', (family) => {
  const context = (global: Partial<GlobalPlan> = {}, affinitySeconds = [10_800]): SkeletonContext => {
    return { family, global: aGlobalPlan({ hasLocalhostNodePorts: false, ...global }), affinitySeconds };
  };

  it('are at most 64, however many timeouts of affinity are in use', () => {
    expect(skeleton(context({}, [])).length).toBeLessThanOrEqual(64);
    expect(skeleton(context({}, [1, 60, 10_800]))).toHaveLength(skeleton(context({}, [])).length);
  });

  it('lead only to chains that are there, and look into all sets and no others', () => {
    const chains = skeleton(context({ nodePortAddresses: { kind: 'only', ips: [] } }));
    const names = new Set(chains.map(({ name }) => name));
    expect(chains).toHaveLength(names.size);
    expect(targetsOf(chains).filter((target) => !names.has(target))).toEqual([]);

    const sets = [...FIXED_SETS, affinitySet(10_800)].map(({ name }) => String(name));
    expect([...new Set(setsOf(chains))].sort()).toEqual(sets.sort());
  });

  it('are the same in whatever order the timeouts come', () => {
    expect(skeleton(context({}, [60, 10_800]))).toEqual(skeleton(context({}, [10_800, 60])));
  });

  it('ask packets of established connections one thing in each base chain', () => {
    const filters = skeleton(context()).filter(({ hook }) => hook?.type === 'filter');
    expect(filters).toHaveLength(5);
    for (const { rules } of filters) {
      expect(rules).toHaveLength(1);
      expect(rules[0]?.expressions[0]).toMatchObject({ kind: 'ct', key: 'state' });
    }
  });

  it('learn nothing as long as no Service has affinity', () => {
    expect(targetsOf(skeleton(context({}, [])))).not.toContain('learning');
  });

  it('masquerade nobody on the way to a ClusterIP when nobody can be told from a local pod', () => {
    const rules = (global: Partial<GlobalPlan>) => chainOf(skeleton(context(global)), SERVICES).rules;
    expect(rules({ localDetector: { kind: 'none' } })).toHaveLength(3);
    expect(rules({ localDetector: { kind: 'none' }, masqueradeAll: true })).toHaveLength(4);
  });

  it('give no one the short cut when nobody can be told from a local pod', () => {
    const { rules } = chainOf(skeleton(context({ localDetector: { kind: 'none' } })), 'node-external-local');
    expect(rules[0]?.expressions[0]?.kind).toBe('fib-type');
  });

  it('have another tag for each rule of a chain that says something else', () => {
    const tagsOf = (global: Partial<GlobalPlan>) =>
      chainOf(skeleton(context(global)), 'external-local').rules.map(({ tag }) => tag);
    expect(tagsOf({ masqueradeMark: 0x4000 })).toEqual(tagsOf({ masqueradeMark: 0x4000 }));
    expect(tagsOf({ masqueradeMark: 0x8000 })).not.toEqual(tagsOf({ masqueradeMark: 0x4000 }));
  });
});

function chainOf(chains: readonly Chain[], name: string): Chain {
  const chain = chains.find((candidate) => candidate.name === name);
  if (!chain) throw new Error(`no chain ${name}`);
  return chain;
}

function targetsOf(chains: readonly Chain[]): string[] {
  return expressionsOf(chains).flatMap((expression) =>
    expression.kind === 'verdict' && 'chain' in expression.verdict ? [expression.verdict.chain] : [],
  );
}

function setsOf(chains: readonly Chain[]): string[] {
  return expressionsOf(chains).flatMap((expression) =>
    expression.kind === 'lookup' || expression.kind === 'learn' ? [expression.set] : [],
  );
}

function expressionsOf(chains: readonly Chain[]): NftExpression[] {
  return chains.flatMap(({ rules }) => rules.flatMap(({ expressions }) => expressions));
}
