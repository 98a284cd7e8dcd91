// kube-proxy's nftables mode in a namespace of the bench: its table for a population, fed to `nft -f -`.
import type { ProxyPlan } from '../../../src/plan/plan.ts';
import {
  joined,
  kubeProxyObjectsOf,
  kubeProxyTable,
  NOTHING,
} from '../baseline/nftables/kube-proxy-table.ts';
import { fullTransaction, partialTransaction } from '../baseline/nftables/transaction-text.ts';
import type { Netns } from './netns.ts';
import type { Theirs } from './theirs.ts';

/** Of the whole table, without elements: kube-proxy runs it at the beginning of each sync, to find stale chains. */
const LIST = ['--json', '--terse', 'list', 'table', 'ip', 'kube-proxy'];

export function nftablesTheirs(plan: ProxyPlan): Theirs {
  const table = kubeProxyTable(plan);
  const fullText = Array.from(fullTransaction(table)).join('');
  const written = new Map(table.services);
  return {
    prepare: async () => {},
    fullSync: () => (netns) => run(netns, fullText),
    writeAll: (netns) => run(netns, fullText),
    changeSync: (changedPlan, changed) => {
      const before = changed.map((key) => written.get(key) ?? NOTHING);
      const after = changed.map((key) => kubeProxyObjectsOf(changedPlan, key));
      for (const [i, key] of changed.entries()) written.set(key, after[i] ?? NOTHING);
      const change = { before: joined(before), after: joined(after) };
      const text = Array.from(partialTransaction(plan.family, change)).join('');
      return async (netns) => {
        await netns.run('nft', LIST);
        await run(netns, text);
      };
    },
  };
}

async function run(netns: Netns, text: string): Promise<void> {
  await netns.run('nft', ['-f', '-'], [text]);
}
