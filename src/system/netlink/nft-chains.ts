// Two questions to nf_tables: whether anything changed, and how often each chain is used.
import { attributesOf, forEachAttribute, textOf } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import { type NetlinkConnection, NLM_F_DUMP } from './netlink-connection.ts';

// linux/netfilter/nfnetlink.h and nf_tables.h.
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_GETCHAIN = 4;
const NFT_MSG_GETGEN = 16;
const NFTA_GEN_ID = 1;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_USE = 6;
const NFPROTO = { unspecified: 0, IPv4: 2, IPv6: 10 } as const;
const NFGENMSG_BYTES = 4;

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
    if (type === NFTA_CHAIN_TABLE) table = textOf(payload.subarray(start, end));
    else if (type === NFTA_CHAIN_NAME) name = textOf(payload.subarray(start, end));
    else if (type === NFTA_CHAIN_USE) use = payload.readUInt32BE(start);
  });
  return { table, name, use };
}

function request(
  connection: NetlinkConnection,
  message: number,
  family: keyof typeof NFPROTO,
  flags: number,
): Uint8Array {
  const type = (NFNL_SUBSYS_NFTABLES << 8) | message;
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
