// kube-proxy's side of a comparison: its rules for a population, and restoring them in a namespace of the bench.
import { sharedRules } from '../../../src/dataplane/iptables/shared-rules.ts';
import { type IptablesVariant, restoreProgram } from '../../../src/dataplane/iptables/tools.ts';
import type { ProxyPlan } from '../../../src/plan/plan.ts';
import { type KubeProxyRules, kubeProxyRules } from '../baseline/kube-proxy-rules.ts';
import { fullRestore, RESTORE_OPTIONS, stepwiseRestore } from '../baseline/restore-text.ts';
import type { Netns } from './netns.ts';

export interface Theirs {
  readonly rules: KubeProxyRules;
  /** What kube-proxy makes once, at its start: the jumps from the built-in chains. */
  readonly jumps: string;
}

export function theirsOf(plan: ProxyPlan): Theirs {
  return { rules: kubeProxyRules(plan), jumps: jumpText(plan) };
}

/** The input that a restore is timed with, made before. */
export function textOf(pieces: Iterable<string>): string {
  return Array.from(pieces).join('');
}

export async function restore(netns: Netns, variant: IptablesVariant, text: string): Promise<void> {
  await netns.run(restoreProgram(variant, 'IPv4'), RESTORE_OPTIONS, [text]);
}

/** Brings a namespace to where kube-proxy's first sync leaves it. */
export async function restoreAll(netns: Netns, variant: IptablesVariant, theirs: Theirs): Promise<void> {
  await restore(netns, variant, theirs.jumps);
  const steps = variant === 'nft' ? stepwiseRestore(theirs.rules) : [fullRestore(theirs.rules)];
  for (const step of steps) await restore(netns, variant, textOf(step));
}

function jumpText({ global, family }: ProxyPlan): string {
  const rules = sharedRules(global, family);
  const sections = ['filter', 'nat'].map((table) => {
    const ofTable = rules.filter((rule) => rule.table === table);
    const targets = new Set(ofTable.map(({ rule }) => / -j (KUBE-\S+)|^-j (KUBE-\S+)/.exec(rule)));
    const chains = new Set([...targets].map((match) => match?.[1] ?? match?.[2]));
    const declarations = [...chains].filter(Boolean).map((chain) => `:${chain} - [0:0]\n`);
    const inserts = ofTable.map(({ chain, rule }) => `-I ${chain} ${rule}\n`);
    return `*${table}\n${declarations.join('')}${inserts.join('')}COMMIT\n`;
  });
  return sections.join('');
}
