// Reads tables, chains, rules and sets as the kernel tells of them.
import { attributesOf, textOf } from '../message-reader.ts';
import type { ListedChain, ListedHook, ListedRule, ListedSet, ListedTable } from './nf-tables.ts';
import {
  HOOK_POINTS,
  NFGENMSG_BYTES,
  NFT_TABLE_F_DORMANT,
  NFTA_CHAIN_HOOK,
  NFTA_CHAIN_NAME,
  NFTA_CHAIN_POLICY,
  NFTA_CHAIN_TYPE,
  NFTA_CHAIN_USE,
  NFTA_CHAIN_USERDATA,
  NFTA_HOOK_HOOKNUM,
  NFTA_HOOK_PRIORITY,
  NFTA_RULE_CHAIN,
  NFTA_RULE_HANDLE,
  NFTA_RULE_USERDATA,
  NFTA_SET_COUNT,
  NFTA_SET_DATA_LEN,
  NFTA_SET_DATA_TYPE,
  NFTA_SET_FLAGS,
  NFTA_SET_KEY_LEN,
  NFTA_SET_KEY_TYPE,
  NFTA_SET_NAME,
  NFTA_SET_USERDATA,
  NFTA_TABLE_FLAGS,
  UDATA_RULE_TAG,
  UDATA_SET_COMMENT,
} from './nfnetlink-nftables.ts';
import { shapeOf } from './set-types.ts';
import { commentOf } from './user-data.ts';

type Attributes = ReadonlyMap<number, Buffer>;

export function listedTable(payload: Buffer): ListedTable {
  const flags = numberAt(attributesOf(payload, NFGENMSG_BYTES), NFTA_TABLE_FLAGS);
  return { isDormant: (flags & NFT_TABLE_F_DORMANT) !== 0 };
}

export function listedChain(payload: Buffer): ListedChain {
  const attributes = attributesOf(payload, NFGENMSG_BYTES);
  const comment = commentOf(attributes.get(NFTA_CHAIN_USERDATA));
  const hook = attributes.get(NFTA_CHAIN_HOOK);
  return {
    name: textAt(attributes, NFTA_CHAIN_NAME),
    ...(hook && { hook: hookOf(hook, textAt(attributes, NFTA_CHAIN_TYPE)) }),
    ...(hook && { policy: numberAt(attributes, NFTA_CHAIN_POLICY) === 0 ? 'drop' : 'accept' }),
    ...(comment !== undefined && { comment }),
    use: numberAt(attributes, NFTA_CHAIN_USE),
  };
}

export function listedRule(payload: Buffer): ListedRule {
  const attributes = attributesOf(payload, NFGENMSG_BYTES);
  const data = attributes.get(NFTA_RULE_USERDATA);
  const [comment, tag] = [commentOf(data), commentOf(data, UDATA_RULE_TAG)];
  return {
    chain: textAt(attributes, NFTA_RULE_CHAIN),
    handle: attributes.get(NFTA_RULE_HANDLE)?.readBigUInt64BE() ?? 0n,
    ...(comment !== undefined && { comment }),
    ...(tag !== undefined && { tag }),
  };
}

export function listedSet(payload: Buffer): ListedSet {
  const attributes = attributesOf(payload, NFGENMSG_BYTES);
  const comment = commentOf(attributes.get(NFTA_SET_USERDATA), UDATA_SET_COMMENT);
  const count = attributes.get(NFTA_SET_COUNT)?.readUInt32BE();
  return {
    name: textAt(attributes, NFTA_SET_NAME),
    ...(comment !== undefined && { comment }),
    shape: shapeAt(attributes),
    ...(count !== undefined && { count }),
  };
}

function hookOf(hook: Buffer, type: string): ListedHook {
  const attributes = attributesOf(hook);
  const point = numberAt(attributes, NFTA_HOOK_HOOKNUM);
  const priority = numberAt(attributes, NFTA_HOOK_PRIORITY) | 0;
  return { type, point: HOOK_POINTS[point] ?? `hook ${point}`, priority };
}

function shapeAt(attributes: Attributes): string {
  const number = numberAt(attributes, NFTA_SET_DATA_TYPE);
  return shapeOf(
    numberAt(attributes, NFTA_SET_FLAGS),
    { number: numberAt(attributes, NFTA_SET_KEY_TYPE), bytes: numberAt(attributes, NFTA_SET_KEY_LEN) },
    number === 0 ? undefined : { number, bytes: numberAt(attributes, NFTA_SET_DATA_LEN) },
  );
}

function textAt(attributes: Attributes, type: number): string {
  return textOf(attributes.get(type) ?? Buffer.alloc(0));
}

/** 0 for what the kernel leaves out. */
function numberAt(attributes: Attributes, type: number): number {
  return attributes.get(type)?.readUInt32BE() ?? 0;
}
