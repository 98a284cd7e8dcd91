// Two questions to nf_tables: whether anything changed, and how often each chain is used.
import { attributesOf, forEachAttribute, textOf } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import { type NetlinkConnection, NLM_F_DUMP } from './netlink-connection.ts';
import {
  NFGENMSG_BYTES,
  NFPROTO,
  NFT_MSG_GETCHAIN,
  NFT_MSG_GETGEN,
  NFTA_CHAIN_NAME,
  NFTA_CHAIN_USE,
  NFTA_GEN_ID,
  NFTA_TABLE,
} from './nftables/nfnetlink-nftables.ts';

/** Grows by one with every transaction of the network namespace, whoever made it. Throws NetlinkError. */
export function rulesetGeneration(connection: NetlinkConnection): number {
  let generation = 0;
  for (const { payload } of connection.query(request(connection, NFT_MSG_GETGEN, 'unspecified', 0))) {
    generation = attributesOf(payload, NFGENMSG_BYTES).get(NFTA_GEN_ID)?.readUInt32BE() ?? generation;
  }
  return generation;
}

export interface ChainUse {
  readonly table: string;
  readonly name: string;
  /** Its rules, and the rules of all chains that jump or go to it. */
  readonly use: number;
}

/**
 * All chains of a family. Returns false when a transaction meanwhile made the answer inconsistent. Throws NetlinkError.
 */
export function* chainUses(
  connection: NetlinkConnection,
  family: 'IPv4' | 'IPv6',
): Generator<ChainUse, boolean> {
  const answers = connection.query(request(connection, NFT_MSG_GETCHAIN, family, NLM_F_DUMP));
  for (;;) {
    const { done, value } = answers.next();
    if (done) return value;
    yield chainUseOf(value.payload);
  }
}

function chainUseOf(payload: Buffer): ChainUse {
  let [table, name, use] = ['', '', 0];
  forEachAttribute(payload, NFGENMSG_BYTES, payload.length, (type, start, end) => {
    if (type === NFTA_TABLE) table = textOf(payload.subarray(start, end));
    else if (type === NFTA_CHAIN_NAME) name = textOf(payload.subarray(start, end));
    else if (type === NFTA_CHAIN_USE) use = payload.readUInt32BE(start);
  });
  return { table, name, use };
}

function request(
  connection: NetlinkConnection,
  type: number,
  family: keyof typeof NFPROTO,
  flags: number,
): Uint8Array {
  const writer = new MessageWriter(64);
  // struct nfgenmsg: family, version, resource id.
  writer
    .beginMessage({ type, flags, sequence: connection.nextSequence() })
    .u8(NFPROTO[family])
    .u8(0)
    .be16(0)
    .end();
  return writer.bytes();
}
