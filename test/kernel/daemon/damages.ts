// What may happen to a service proxy's rules behind its back, by dataplane.
import { MASQUERADING, SERVICES } from '../../../src/dataplane/nftables/names.ts';
import { randomNumbers } from '../../builders/random.ts';
import type { Bed } from './bed.ts';
import type { DataplaneName } from './dataplanes.ts';
import { iptables, restore, save, tableOf } from './iptables-ruleset.ts';
import { listTables, nft, nftScript } from './nftables-listing.ts';

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

const TABLE = 'ip kube-proxy';

/** What nft is told, or makes it out of an element of one of our maps. */
const NFTABLES_DAMAGES: readonly Damage[] = [
  ...Object.entries({
    'everything flushed': 'flush ruleset',
    'the table deleted': `delete table ${TABLE}`,
    'the table of IPv6 deleted': 'delete table ip6 kube-proxy',
    'the table made dormant': `add table ${TABLE} { flags dormant; }`,
    'the table made dormant, and a base chain deleted': `add table ${TABLE} { flags dormant; }
      flush chain ${TABLE} nat-output; delete chain ${TABLE} nat-output`,
    'a base chain deleted': `flush chain ${TABLE} nat-output; delete chain ${TABLE} nat-output`,
    'a base chain given another policy': `add chain ${TABLE} filter-forward { policy drop; }`,
    'the rules of a chain deleted': `flush chain ${TABLE} ${MASQUERADING}`,
    'a chain renamed': `rename chain ${TABLE} ${SERVICES} servants`,
    'a rule added to a chain': `insert rule ${TABLE} ${SERVICES} drop`,
    'a chain added': `add chain ${TABLE} mine { type filter hook input priority 0; }`,
    'a map flushed': `flush map ${TABLE} endpoints`,
    'an element added': `add element ${TABLE} service-cluster-ips { 10.96.250.250 }`,
  }).map(([name, script]): Damage => ({ name, act: (bed) => nftScript(bed, script) })),
  { name: 'an element deleted', act: (bed) => replaceEndpoint(bed, '') },
  { name: 'an element changed', act: (bed) => replaceEndpoint(bed, '192.0.2.99 . 99') },
  { name: 'a rule deleted', act: deleteRule },
];

export const DAMAGES: Readonly<Record<DataplaneName, readonly Damage[]>> = {
  'iptables-legacy': IPTABLES_DAMAGES,
  'iptables-nft': IPTABLES_DAMAGES,
  nftables: NFTABLES_DAMAGES,
};

/** In one transaction. */
async function replaceEndpoint(bed: Bed, replacement: string): Promise<void> {
  const table = (await listTables(bed)).find(({ family }) => family === 'ip');
  const [[key = '', { value = '' } = {}] = []] = table?.sets.get('endpoints')?.elements ?? [];
  const added = replacement && `\nadd element ${TABLE} endpoints { ${textOf(key)} : ${replacement} }`;
  await nftScript(bed, `delete element ${TABLE} endpoints { ${textOf(key)} : ${textOf(value)} }${added}`);
}

/** A concatenation in the words of nft. */
function textOf(json: string): string {
  return JSON.parse(json).concat.join(' . ');
}

async function deleteRule(bed: Bed): Promise<void> {
  const listed = await nft(bed, '-a', 'list', 'chain', ...TABLE.split(' '), SERVICES);
  const [, handle = ''] = /@plain-frontends .*# handle (\d+)/.exec(listed) ?? [];
  await nft(bed, 'delete', 'rule', ...TABLE.split(' '), SERVICES, 'handle', handle);
}

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
