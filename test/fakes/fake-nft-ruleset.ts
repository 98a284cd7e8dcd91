// What nf_tables does with the messages of a transaction, as far as Fairlead relies on it: what is missing, what is there already
// and what is still in use is refused as the kernel refuses it. It knows neither packets nor overlapping intervals.
import os from 'node:os';
import { attributesOf, type NetlinkMessage, textOf } from '../../src/system/netlink/message-reader.ts';
import { readElements } from '../../src/system/netlink/nftables/element-reader.ts';
import type { Boundary } from '../../src/system/netlink/nftables/interval.ts';
import type { ListedChain, ListedRule, ListedSet } from '../../src/system/netlink/nftables/nf-tables.ts';
import {
  NFGENMSG_BYTES,
  NFPROTO,
  NFT_MSG_DELCHAIN,
  NFT_MSG_DELRULE,
  NFT_MSG_DELSET,
  NFT_MSG_DELSETELEM,
  NFT_MSG_DELTABLE,
  NFT_MSG_NEWCHAIN,
  NFT_MSG_NEWRULE,
  NFT_MSG_NEWSET,
  NFT_MSG_NEWSETELEM,
  NFT_MSG_NEWTABLE,
  NFTA_CHAIN_NAME,
  NFTA_DATA_VERDICT,
  NFTA_RULE_CHAIN,
  NFTA_RULE_EXPRESSIONS,
  NFTA_SET_DATA_TYPE,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_NAME,
  NFTA_TABLE,
  NFTA_TABLE_FLAGS,
  NFTA_VERDICT_CHAIN,
} from '../../src/system/netlink/nftables/nfnetlink-nftables.ts';
import type { NftTable } from '../../src/system/netlink/nftables/nft-table.ts';
import {
  listedChain,
  listedRule,
  listedSet,
  listedTable,
} from '../../src/system/netlink/nftables/object-reader.ts';
import { NFT_DATA_VERDICT } from '../builders/verdict-map.ts';

type Errno = keyof typeof os.constants.errno;
type Attributes = ReadonlyMap<number, Buffer>;

export interface FakeTable {
  isDormant: boolean;
  lastHandle: bigint;
  readonly chains: Map<string, ListedChain>;
  readonly rules: FakeRule[];
  readonly sets: Map<string, FakeSet>;
}

interface FakeRule {
  readonly listed: ListedRule;
  readonly expressions: readonly FakeExpression[];
}

/** What an expression leads to or looks up. */
interface FakeExpression {
  readonly name: string;
  readonly chain?: string;
  readonly set?: string;
}

export interface FakeSet {
  readonly listed: ListedSet;
  readonly isVerdictMap: boolean;
  /** By key; ends of intervals beside their beginnings. */
  readonly elements: Map<string, Boundary>;
}

/** Thrown by `apply` for a message that is refused. */
export class FakeRefusal extends Error {
  readonly errno: number;

  constructor(code: Errno) {
    super(code);
    this.errno = os.constants.errno[code];
  }
}

export class FakeNftRuleset {
  readonly #tables: Map<string, FakeTable>;

  constructor(tables: ReadonlyMap<string, FakeTable> = new Map()) {
    this.#tables = new Map(Array.from(tables, ([key, table]) => [key, copyOf(table)]));
  }

  /** To change without changing this one. */
  copy(): FakeNftRuleset {
    return new FakeNftRuleset(this.#tables);
  }

  table(table: NftTable): FakeTable | undefined {
    return this.#tables.get(tableKey(table));
  }

  /** Does what a message says. Throws FakeRefusal. */
  apply({ type, payload }: NetlinkMessage): void {
    const key = tableKeyOf(payload);
    if (type === NFT_MSG_NEWTABLE) this.#newTable(key, payload);
    else if (type === NFT_MSG_DELTABLE) this.#deleteTable(key);
    else changeTable(needed(this.#tables.get(key)), type, payload);
  }

  #newTable(key: string, payload: Buffer): void {
    const { isDormant } = listedTable(payload);
    const there = this.#tables.get(key);
    if (!there)
      this.#tables.set(key, { isDormant, lastHandle: 0n, chains: new Map(), rules: [], sets: new Map() });
    else if (attributesOf(payload, NFGENMSG_BYTES).has(NFTA_TABLE_FLAGS)) there.isDormant = isDormant;
  }

  #deleteTable(key: string): void {
    if (!this.#tables.delete(key)) throw new FakeRefusal('ENOENT');
  }
}

export function tableKey({ family, name }: NftTable): string {
  return `${NFPROTO[family]} ${name}`;
}

export function tableKeyOf(payload: Buffer): string {
  return `${payload[0]} ${textAt(attributesOf(payload, NFGENMSG_BYTES), NFTA_TABLE)}`;
}

/** The elements that a message is about. */
export function elementsIn(payload: Buffer): Boundary[] {
  const elements: Boundary[] = [];
  readElements(payload, elements);
  return elements;
}

/** How many rules and elements lead to a chain, and its own rules. */
export function useOf({ rules, sets }: FakeTable, name: string): number {
  return rules.filter(({ listed }) => listed.chain === name).length + leadingTo(rules, sets, name);
}

function changeTable(table: FakeTable, type: number, payload: Buffer): void {
  const change = CHANGES.get(type);
  if (!change) throw new FakeRefusal('EINVAL');
  change(table, payload, attributesOf(payload, NFGENMSG_BYTES));
}

const CHANGES: ReadonlyMap<number, (table: FakeTable, payload: Buffer, attributes: Attributes) => void> =
  new Map([
    [NFT_MSG_NEWCHAIN, newChain],
    [NFT_MSG_DELCHAIN, deleteChain],
    [NFT_MSG_NEWRULE, newRule],
    [NFT_MSG_DELRULE, flushChain],
    [NFT_MSG_NEWSET, newSet],
    [NFT_MSG_DELSET, deleteSet],
    [NFT_MSG_NEWSETELEM, newElements],
    [NFT_MSG_DELSETELEM, deleteElements],
  ]);

function newChain({ chains }: FakeTable, payload: Buffer): void {
  const chain = listedChain(payload);
  const there = chains.get(chain.name);
  if (!there) chains.set(chain.name, chain);
  else if (chain.hook && JSON.stringify(chain.hook) !== JSON.stringify(there.hook))
    throw new FakeRefusal('EOPNOTSUPP');
}

function deleteChain(table: FakeTable, _: Buffer, attributes: Attributes): void {
  const name = textAt(attributes, NFTA_CHAIN_NAME);
  needed(table.chains.get(name));
  deleteRules(table, name);
  if (leadingTo(table.rules, table.sets, name) > 0) throw new FakeRefusal('EBUSY');
  table.chains.delete(name);
}

function newRule(table: FakeTable, payload: Buffer, attributes: Attributes): void {
  const listed = { ...listedRule(payload), handle: ++table.lastHandle };
  needed(table.chains.get(listed.chain));
  const expressions = expressionsIn(attributes.get(NFTA_RULE_EXPRESSIONS));
  for (const { chain, set } of expressions) {
    if (chain !== undefined) needed(table.chains.get(chain));
    if (set !== undefined) needed(table.sets.get(set));
  }
  table.rules.push({ listed, expressions });
}

function flushChain(table: FakeTable, _: Buffer, attributes: Attributes): void {
  deleteRules(table, textAt(attributes, NFTA_RULE_CHAIN));
}

function deleteRules({ chains, rules }: FakeTable, chain: string): void {
  needed(chains.get(chain));
  const others = rules.filter(({ listed }) => listed.chain !== chain);
  rules.splice(0, rules.length, ...others);
}

function newSet({ sets }: FakeTable, payload: Buffer, attributes: Attributes): void {
  const listed = listedSet(payload);
  const there = sets.get(listed.name);
  if (there && there.listed.shape !== listed.shape) throw new FakeRefusal('EEXIST');
  const isVerdictMap = attributes.get(NFTA_SET_DATA_TYPE)?.readUInt32BE() === NFT_DATA_VERDICT;
  if (!there) sets.set(listed.name, { listed, isVerdictMap, elements: new Map() });
}

function deleteSet({ rules, sets }: FakeTable, _: Buffer, attributes: Attributes): void {
  const name = textAt(attributes, NFTA_SET_NAME);
  needed(sets.get(name));
  if (rules.some(({ expressions }) => expressions.some(({ set }) => set === name)))
    throw new FakeRefusal('EBUSY');
  sets.delete(name);
}

function newElements(table: FakeTable, payload: Buffer, attributes: Attributes): void {
  const { elements, isVerdictMap } = setAt(table, attributes);
  for (const element of elementsIn(payload)) {
    const target = isVerdictMap ? targetOf(element) : undefined;
    if (target !== undefined) needed(table.chains.get(target));
    const there = elements.get(elementKey(element));
    if (there && there.value !== element.value) throw new FakeRefusal('EEXIST');
    if (!there) elements.set(elementKey(element), element);
  }
}

function deleteElements(table: FakeTable, payload: Buffer, attributes: Attributes): void {
  const { elements } = setAt(table, attributes);
  for (const element of elementsIn(payload))
    if (!elements.delete(elementKey(element))) throw new FakeRefusal('ENOENT');
}

function setAt({ sets }: FakeTable, attributes: Attributes): FakeSet {
  return needed(sets.get(textAt(attributes, NFTA_SET_ELEM_LIST_SET)));
}

function leadingTo(rules: readonly FakeRule[], sets: FakeTable['sets'], chain: string): number {
  const jumps = rules.flatMap(({ expressions }) => expressions.filter((each) => each.chain === chain));
  const elements = [...sets.values()]
    .filter(({ isVerdictMap }) => isVerdictMap)
    .flatMap((set) => [...set.elements.values()].filter((element) => targetOf(element) === chain));
  return jumps.length + elements.length;
}

/** The chain that an element of a map of verdicts leads to. */
function targetOf({ value = '' }: Boundary): string | undefined {
  const chain = attributesOf(Buffer.from(value, 'latin1')).get(NFTA_VERDICT_CHAIN);
  return chain && textOf(chain);
}

const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
/** NFTA_LOOKUP_SET and NFTA_DYNSET_SET_NAME. */
const SET_OF_EXPRESSION = 1;
const NFTA_IMMEDIATE_DATA = 2;

function expressionsIn(list: Buffer | undefined): FakeExpression[] {
  return listOf(list).map((expression) => {
    const attributes = attributesOf(expression);
    const data = attributesOf(attributes.get(NFTA_EXPR_DATA) ?? Buffer.alloc(0));
    return expressionOf(textAt(attributes, NFTA_EXPR_NAME), data);
  });
}

function expressionOf(name: string, data: Attributes): FakeExpression {
  if (name === 'lookup' || name === 'dynset') return { name, set: textAt(data, SET_OF_EXPRESSION) };
  const verdict = name === 'immediate' ? data.get(NFTA_IMMEDIATE_DATA) : undefined;
  const code = verdict && attributesOf(verdict).get(NFTA_DATA_VERDICT);
  const chain = code && attributesOf(code).get(NFTA_VERDICT_CHAIN);
  return chain ? { name, chain: textOf(chain) } : { name };
}

/** The members of a list, which all have the same type. */
function listOf(list: Buffer | undefined): Buffer[] {
  const members: Buffer[] = [];
  for (let at = 0; list && at + 4 <= list.length; ) {
    const length = list.readUInt16LE(at);
    members.push(list.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return members;
}

function elementKey({ key, isEnd }: Boundary): string {
  return isEnd ? `${key} end` : key;
}

function copyOf({ isDormant, lastHandle, chains, rules, sets }: FakeTable): FakeTable {
  const copies = Array.from(sets, ([name, set]): [string, FakeSet] => [
    name,
    { ...set, elements: new Map(set.elements) },
  ]);
  return { isDormant, lastHandle, chains: new Map(chains), rules: [...rules], sets: new Map(copies) };
}

function needed<T>(object: T | undefined): T {
  if (object === undefined) throw new FakeRefusal('ENOENT');
  return object;
}

function textAt(attributes: Attributes, type: number): string {
  return textOf(attributes.get(type) ?? Buffer.alloc(0));
}
