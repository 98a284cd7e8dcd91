// Reads the table back: all chains and sets that are in it, whoever made them, and the elements of those sets that are ours.
import type { IpFamily } from '../../model/ip.ts';
import type {
  ListedChain,
  ListedRule,
  ListedSet,
  NfTables,
} from '../../system/netlink/nftables/nf-tables.ts';
import type { NftTable } from '../../system/netlink/nftables/nft-table.ts';
import { setShape } from '../../system/netlink/nftables/set-types.ts';
import type { Hook } from './chain.ts';
import type { Packed } from './element.ts';
import { kernelSet } from './kernel-set.ts';
import { TABLE_NAME } from './names.ts';
import { findSchema, type SetName, type SetSchema } from './schema.ts';
import { noUses } from './shared-uses.ts';
import type { FoundElements, KnownChain, KnownTable, NftablesState } from './state.ts';
import { whileUndisturbed } from './while-undisturbed.ts';

export interface ReadDeps {
  readonly family: IpFamily;
  readonly nfTables: NfTables;
}

/** Throws NetlinkError. */
export async function read(deps: ReadDeps, known: NftablesState | undefined): Promise<NftablesState> {
  const table = await whileUndisturbed(() => readTable(deps));
  const found = await readElements(deps, table);
  const { global, services = new Map(), uses = noUses(), elementCount = 0 } = known ?? {};
  // Where nothing is known and nothing is there, the kernel has exactly what the layouts say.
  const isNew = services.size === 0 && found.values().every(({ size }) => size === 0);
  return { table, found: isNew ? undefined : found, global, services, uses, elementCount };
}

async function readTable({ family, nfTables }: ReadDeps): Promise<KnownTable> {
  const table: NftTable = { family, name: TABLE_NAME };
  const { isDormant = false } = (await nfTables.table(table)) ?? {};
  const listed = await nfTables.chains(table);
  const rules = Map.groupBy(await nfTables.rules(table), ({ chain }) => chain);
  const sets = await nfTables.sets(table);
  const chains = new Map<string, KnownChain>(
    listed.map((chain) => [chain.name, { hook: hookOf(chain), tags: tagsOf(rules.get(chain.name)) }]),
  );
  return {
    isLive: !isDormant && chains.values().some(({ hook, tags }) => hook && tags.some((tag) => tag !== '')),
    chains,
    sets: new Map(sets.filter(isNamed).map(({ name, shape }) => [name, shape])),
  };
}

/** No chain of ours drops what it has no rule for: one that does has none of our hooks, and is made anew. */
function hookOf({ hook, policy }: ListedChain): Hook | undefined {
  return policy === 'drop' ? undefined : (hook as Hook | undefined);
}

/** One without a name of its own belongs to a rule, and goes with it; the kernel gives it one. */
function isNamed({ name }: ListedSet): boolean {
  return !/^__(set|map)\d+$/.test(name);
}

function tagsOf(rules: readonly ListedRule[] | undefined): readonly string[] {
  return rules?.map(({ tag = '' }) => tag) ?? [];
}

async function readElements(deps: ReadDeps, { sets }: KnownTable): Promise<FoundElements> {
  const found: FoundElements = new Map();
  for (const [name, shape] of sets) {
    const schema = findSchema(name);
    const isOurs = schema && setShape(kernelSet(schema, deps.family)) === shape;
    if (isOurs) found.set(name as SetName, await readSet(deps, schema));
  }
  return found;
}

async function readSet({ family, nfTables }: ReadDeps, schema: SetSchema): Promise<Map<Packed, string>> {
  const contents = new Map<Packed, string>();
  const table: NftTable = { family, name: TABLE_NAME };
  for await (const part of nfTables.elements(table, kernelSet(schema, family))) {
    for (const { key, keyEnd, value } of part) contents.set(key as Packed, keyEnd ?? value ?? '');
  }
  return contents;
}
