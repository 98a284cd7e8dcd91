// What a node's nf_tables have.
import { setTimeout as sleep } from 'node:timers/promises';
import { TABLE_NAME } from '../../../src/dataplane/nftables/names.ts';
import type { Bed } from './bed.ts';
import { faultsOfTable } from './nftables-faults.ts';
import { type ListedSet, type ListedTable, listTables, nft, nftScript } from './nftables-listing.ts';
import type { Ruleset } from './ruleset.ts';

export const nftablesRuleset: Ruleset = {
  rulesOn: async (bed) => (await listTables(bed)).flatMap(linesOf),
  isOfProxy: (line) => line.startsWith(`ip ${TABLE_NAME} `) || line.startsWith(`ip6 ${TABLE_NAME} `),
  isOf: (line, service) => line.includes(`"shop/${service}:`) || line.includes(`"shop/${service}"`),
  faultsOn: async (bed) =>
    (await listTables(bed)).filter(({ name }) => name === TABLE_NAME).flatMap(faultsOfTable),
  addOthers: (bed) => nftScript(bed, OTHERS),
  interrupt,
};

const OTHERS = `table ip somebody {
  set ports { type inet_service; elements = { 9 } }
  chain incoming { type nat hook prerouting priority dstnat - 1; tcp dport @ports return; }
}
`;

/** Each with the table before it. */
export function linesOf({ family, name, flags, chains, sets }: ListedTable): string[] {
  const ofChains = Array.from(chains, ([chain, { hook, rules }]) => [
    `chain ${chain} ${hook}`,
    ...rules.map((rule, i) => `rule ${chain} ${i} ${rule}`),
  ]);
  const ofSets = Array.from(sets, ([set, listed]) => [
    `set ${set} ${listed.shape}`,
    ...elementsOf(set, listed),
  ]);
  return [`table ${flags}`, ...ofChains.flat(), ...ofSets.flat()].map((line) => `${family} ${name} ${line}`);
}

function elementsOf(set: string, { isLearned, elements }: ListedSet): string[] {
  if (isLearned) return [];
  return Array.from(elements, ([key, { value, comment }]) => `element ${set} ${key} ${value} "${comment}"`);
}

/** No packet of IPv4 that comes from elsewhere finds a Service meanwhile, whoever's the rules are. */
async function interrupt(bed: Bed, forMs: number): Promise<void> {
  const chain = ['ip', TABLE_NAME, 'nat-prerouting'];
  await nft(bed, 'insert', 'rule', ...chain, 'return');
  await sleep(forMs);
  const [, handle = ''] = /return # handle (\d+)/.exec(await nft(bed, '-a', 'list', 'chain', ...chain)) ?? [];
  await nft(bed, 'delete', 'rule', ...chain, 'handle', handle);
}
