// What may happen to a service proxy's rules behind its back, by dataplane.
import { randomNumbers } from '../../builders/random.ts';
import type { Bed } from './bed.ts';
import type { DataplaneName } from './dataplanes.ts';
import { iptables, restore, save, tableOf } from './iptables-ruleset.ts';

export interface Damage {
  readonly name: string;
  readonly act: (bed: Bed) => Promise<unknown>;
}

const SEED = 11;

const IPTABLES_DAMAGES: readonly Damage[] = [
  { name: 'all rules flushed in nat', act: (bed) => iptables(bed, ['-t', 'nat', '-F']) },
  { name: 'all rules flushed and all chains deleted, as firewalld reloads', act: flushEverything },
  { name: 'all rules of IPv6 flushed', act: (bed) => iptables(bed, ['-t', 'nat', '-F'], 'IPv6') },
  { name: 'a jump to us deleted', act: (bed) => iptables(bed, ['-t', 'nat', '-D', 'PREROUTING', '1']) },
  { name: 'one random chain of a Service deleted', act: deleteRandomLeaf },
];

export const DAMAGES: Readonly<Record<DataplaneName, readonly Damage[]>> = {
  'iptables-legacy': IPTABLES_DAMAGES,
  'iptables-nft': IPTABLES_DAMAGES,
};

async function flushEverything(bed: Bed): Promise<void> {
  for (const table of ['filter', 'nat', 'mangle']) {
    await iptables(bed, ['-t', table, '-F']);
    await iptables(bed, ['-t', table, '-X']);
  }
}

/** With the rules that lead to it, without which no tool can delete it. */
async function deleteRandomLeaf(bed: Bed): Promise<void> {
  const nat = tableOf(await save(bed), 'nat');
  const leaves = Array.from(nat.matchAll(/^:(KUBE-(?:SVC|SEP)-[A-Z2-7]{16}) /gm), ([, name = '']) => name);
  const leaf = leaves[randomNumbers(SEED)(leaves.length)] ?? '';
  const references = nat.split('\n').filter((line) => line.startsWith('-A') && line.endsWith(` ${leaf}`));
  const removals = references.map((line) => `${line.replace('-A', '-D')}\n`).join('');
  await restore(bed, `*nat\n${removals}:${leaf} - [0:0]\n-X ${leaf}\nCOMMIT\n`);
}
