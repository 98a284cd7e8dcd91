// Dumps of nf_tables: what is in a table. The kernel works on another thread; nothing else can be asked of the socket meanwhile.
import { MessageWriter } from '../message-writer.ts';
import { NetlinkConnection, NLM_F_DUMP } from '../netlink-connection.ts';
import { NetlinkError } from '../netlink-error.ts';
import type { NetlinkSocket } from '../netlink-socket.ts';
import { readElements } from './element-reader.ts';
import { type Boundary, intervalsOf, isPlainInterval } from './interval.ts';
import type { ListedChain, ListedRule, ListedSet, ListedTable } from './nf-tables.ts';
import {
  NFPROTO,
  NFT_MSG_GETCHAIN,
  NFT_MSG_GETRULE,
  NFT_MSG_GETSET,
  NFT_MSG_GETSETELEM,
  NFT_MSG_GETTABLE,
  NFTA_CHAIN_NAME,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_TABLE,
} from './nfnetlink-nftables.ts';
import type { NftElement, NftSet } from './nft-set.ts';
import type { NftTable } from './nft-table.ts';
import { listedChain, listedRule, listedSet, listedTable } from './object-reader.ts';
import { tableMatcher } from './table-matcher.ts';

interface Request {
  readonly type: number;
  readonly flags: number;
  readonly table: NftTable;
  /** Something in the table, by an attribute with its name. */
  readonly object?: { readonly type: number; readonly name: string };
}

/** As NfTables promises. The socket is closed by whoever made it. */
export class NftDumps {
  readonly #connection: NetlinkConnection;

  constructor(socket: NetlinkSocket) {
    this.#connection = new NetlinkConnection(socket);
  }

  async table(table: NftTable): Promise<ListedTable | undefined> {
    const [listed] = await this.#list({ type: NFT_MSG_GETTABLE, flags: 0, table }, listedTable);
    return listed;
  }

  chains(table: NftTable): Promise<readonly ListedChain[]> {
    return this.#list({ type: NFT_MSG_GETCHAIN, flags: NLM_F_DUMP, table }, listedChain);
  }

  async chain(table: NftTable, name: string): Promise<ListedChain | undefined> {
    const object = { type: NFTA_CHAIN_NAME, name };
    const [chain] = await this.#list({ type: NFT_MSG_GETCHAIN, flags: 0, table, object }, listedChain);
    return chain;
  }

  rules(table: NftTable): Promise<readonly ListedRule[]> {
    return this.#list({ type: NFT_MSG_GETRULE, flags: NLM_F_DUMP, table }, listedRule);
  }

  sets(table: NftTable): Promise<readonly ListedSet[]> {
    return this.#list({ type: NFT_MSG_GETSET, flags: NLM_F_DUMP, table }, listedSet);
  }

  async *elements(table: NftTable, set: NftSet): AsyncGenerator<readonly NftElement[], void> {
    if (!isPlainInterval(set)) return yield* this.#elements(table, set);
    const boundaries: Boundary[] = [];
    for await (const part of this.#elements(table, set)) boundaries.push(...part);
    yield intervalsOf(boundaries);
  }

  async *#elements(table: NftTable, set: NftSet): AsyncGenerator<readonly Boundary[], void> {
    const object = { type: NFTA_SET_ELEM_LIST_SET, name: set.name };
    const request = this.#request({ type: NFT_MSG_GETSETELEM, flags: NLM_F_DUMP, table, object });
    for await (const payloads of this.#dump(request)) {
      const elements: Boundary[] = [];
      for (const payload of payloads) readElements(payload, elements);
      if (elements.length > 0) yield elements;
    }
  }

  /** Of chains the kernel dumps those of all tables of the family. */
  async #list<Listed>(request: Request, read: (payload: Buffer) => Listed): Promise<Listed[]> {
    const isMeant = tableMatcher(request.table);
    const listed: Listed[] = [];
    for await (const payloads of this.#dump(this.#request(request)))
      for (const payload of payloads) if (isMeant(payload, 0, payload.length)) listed.push(read(payload));
    return listed;
  }

  /** What the messages of each part have. Nothing when the table or the set is missing. */
  async *#dump(request: Buffer): AsyncGenerator<readonly Buffer[], void> {
    try {
      for await (const messages of this.#connection.queryApart(request))
        yield Array.from(messages, ({ payload }) => payload);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  #request({ type, flags, table, object }: Request): Buffer {
    const writer = new MessageWriter(128);
    writer.beginMessage({ type, flags, sequence: this.#connection.nextSequence() });
    writer.u8(NFPROTO[table.family]).u8(0).be16(0).attributeString(NFTA_TABLE, table.name);
    if (object) writer.attributeString(object.type, object.name);
    return writer.end().bytes();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof NetlinkError && error.code === 'ENOENT';
}
