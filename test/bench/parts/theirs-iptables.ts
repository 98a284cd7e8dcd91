// kube-proxy's iptables mode in a namespace of the bench: its rules for a population, fed to iptables-restore.
import { sharedRules } from '../../../src/dataplane/iptables/shared-rules.ts';
import { type IptablesVariant, restoreProgram } from '../../../src/dataplane/iptables/tools.ts';
import type { ProxyPlan } from '../../../src/plan/plan.ts';
import { kubeProxyChainsOf, kubeProxyRules } from '../baseline/kube-proxy-rules.ts';
import { fullRestore, partialRestore, RESTORE_OPTIONS, stepwiseRestore } from '../baseline/restore-text.ts';
import type { Netns } from './netns.ts';
import type { Theirs } from './theirs.ts';

export function iptablesTheirs(variant: IptablesVariant, plan: ProxyPlan): Theirs {
  const rules = kubeProxyRules(plan);
  const jumps = jumpText(plan);
  const restoring = (pieces: Iterable<string>) => {
    const text = Array.from(pieces).join('');
    return (netns: Netns) => restore(netns, variant, text);
  };
  return {
    prepare: (netns) => restore(netns, variant, jumps),
    fullSync: () => restoring(fullRestore(rules)),
    writeAll: async (netns) => {
      await restore(netns, variant, jumps);
      const steps = variant === 'nft' ? stepwiseRestore(rules) : [fullRestore(rules)];
      for (const step of steps) await restoring(step)(netns);
    },
    changeSync: (changedPlan, changed) => {
      const chains = changed.flatMap((key) => kubeProxyChainsOf(changedPlan, key));
      return restoring(partialRestore(rules, chains));
    },
  };
}

async function restore(netns: Netns, variant: IptablesVariant, text: string): Promise<void> {
  await netns.run(restoreProgram(variant, 'IPv4'), RESTORE_OPTIONS, [text]);
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
