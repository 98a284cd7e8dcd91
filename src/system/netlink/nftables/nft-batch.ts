// A transaction of nf_tables, written as one datagram: all of it is done or nothing.
import { MessageWriter } from '../message-writer.ts';
import { writeElements } from './element-writer.ts';
import { writeExpression } from './expression-writer.ts';
import {
  HOOK_POINTS,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
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
  NFTA_CHAIN_HOOK,
  NFTA_CHAIN_NAME,
  NFTA_CHAIN_POLICY,
  NFTA_CHAIN_TYPE,
  NFTA_CHAIN_USERDATA,
  NFTA_HOOK_HOOKNUM,
  NFTA_HOOK_PRIORITY,
  NFTA_RULE_CHAIN,
  NFTA_RULE_EXPRESSIONS,
  NFTA_RULE_USERDATA,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_NAME,
  NFTA_TABLE,
  NFTA_TABLE_FLAGS,
  NFTA_TABLE_USERDATA,
  NLM_F_APPEND,
  NLM_F_CREATE,
  UDATA_COMMENT,
  UDATA_RULE_TAG,
} from './nfnetlink-nftables.ts';
import type { NftElement, NftSet } from './nft-set.ts';
import type { NftChain, NftHook, NftRule, NftTable } from './nft-table.ts';
import { writeSet } from './set-writer.ts';
import { textDatum, userData } from './user-data.ts';

const NF_ACCEPT = 1;

/**
 * Messages about one table. They are numbered from 1 on, one by one; each method returns the number of its last message, so all
 * numbers since the previous call are its own. A refusal of the kernel tells the number; 0 is the transaction as a whole. Methods
 * throw RangeError when a comment or tag is too long.
 */
export class NftBatch {
  readonly table: NftTable;
  readonly #writer: MessageWriter;
  #sequence = 0;

  constructor(table: NftTable, initialBytes = 4096) {
    this.table = table;
    this.#writer = new MessageWriter(initialBytes);
    this.#writeMark(NFNL_MSG_BATCH_BEGIN);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#writer.length;
  }

  /** The number of the last message, 0 when there is none. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Does nothing when it is there. */
  newTable(comment?: string): number {
    const writer = this.#begin(NFT_MSG_NEWTABLE, NLM_F_CREATE);
    this.#writeComment(NFTA_TABLE_USERDATA, comment);
    writer.end();
    return this.#sequence;
  }

  /**
   * Has packets come through a dormant table again, and does nothing to another. Alone in its transaction: beside changes of base
   * chains Linux 6.18 refuses it with EINVAL, and before new ones these (nf_tables_updtable, nf_tables_addchain).
   */
  wakeTable(): number {
    this.#begin(NFT_MSG_NEWTABLE).attributeBe32(NFTA_TABLE_FLAGS, 0).end();
    return this.#sequence;
  }

  /** With all that is in it. */
  deleteTable(): number {
    this.#begin(NFT_MSG_DELTABLE).end();
    return this.#sequence;
  }

  /** Does nothing when it is there, with the same hook. */
  newChain({ name, hook, comment }: NftChain): number {
    const writer = this.#begin(NFT_MSG_NEWCHAIN, NLM_F_CREATE).attributeString(NFTA_CHAIN_NAME, name);
    if (hook) this.#writeHook(hook);
    this.#writeComment(NFTA_CHAIN_USERDATA, comment);
    writer.end();
    return this.#sequence;
  }

  /** With its rules. Refused with EBUSY as long as anything leads to it. */
  deleteChain(name: string): number {
    this.#begin(NFT_MSG_DELCHAIN).attributeString(NFTA_CHAIN_NAME, name).end();
    return this.#sequence;
  }

  /** Deletes all rules of a chain. */
  flushChain(name: string): number {
    this.#begin(NFT_MSG_DELRULE).attributeString(NFTA_RULE_CHAIN, name).end();
    return this.#sequence;
  }

  /** At the end of a chain. */
  newRule(chain: string, { expressions, comment, tag }: NftRule): number {
    const writer = this.#begin(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    writer.attributeString(NFTA_RULE_CHAIN, chain).beginNested(NFTA_RULE_EXPRESSIONS);
    for (const expression of expressions) writeExpression(writer, this.table.family, expression);
    writer.end();
    const data = [
      ...(comment === undefined ? [] : [textDatum(UDATA_COMMENT, comment)]),
      ...(tag === undefined ? [] : [textDatum(UDATA_RULE_TAG, tag)]),
    ];
    if (data.length > 0) writer.attribute(NFTA_RULE_USERDATA, userData(data));
    writer.end();
    return this.#sequence;
  }

  /** Does nothing when it is there, with the same types. */
  newSet(set: NftSet): number {
    const writer = this.#begin(NFT_MSG_NEWSET, NLM_F_CREATE);
    writeSet(writer, set, this.#sequence);
    writer.end();
    return this.#sequence;
  }

  /** With its elements. Refused with EBUSY as long as a rule uses it. */
  deleteSet(name: string): number {
    this.#begin(NFT_MSG_DELSET).attributeString(NFTA_SET_NAME, name).end();
    return this.#sequence;
  }

  /**
   * Nothing happens to an element that is there; with another value it is refused with EEXIST. In as many messages as necessary,
   * none if there are no elements.
   */
  newElements(set: NftSet, elements: Iterable<NftElement>): number {
    const begin = () =>
      this.#begin(NFT_MSG_NEWSETELEM, NLM_F_CREATE).attributeString(NFTA_SET_ELEM_LIST_SET, set.name);
    writeElements(this.#writer, set, elements, { isDelete: false, begin });
    return this.#sequence;
  }

  /** By their keys alone. One that is not there is refused with ENOENT. */
  deleteElements(set: NftSet, elements: Iterable<NftElement>): number {
    const begin = () => this.#begin(NFT_MSG_DELSETELEM).attributeString(NFTA_SET_ELEM_LIST_SET, set.name);
    writeElements(this.#writer, set, elements, { isDelete: true, begin });
    return this.#sequence;
  }

  /** Ends the batch: the datagram, for NfTables.transact. */
  end(): Buffer {
    this.#writeMark(NFNL_MSG_BATCH_END);
    return this.#writer.bytes();
  }

  #begin(type: number, flags = 0): MessageWriter {
    return this.#writer
      .beginMessage({ type, flags, sequence: ++this.#sequence })
      .u8(NFPROTO[this.table.family])
      .u8(0)
      .be16(0)
      .attributeString(NFTA_TABLE, this.table.name);
  }

  #writeHook({ type, point, priority }: NftHook): void {
    this.#writer
      .attributeString(NFTA_CHAIN_TYPE, type)
      .attributeBe32(NFTA_CHAIN_POLICY, NF_ACCEPT)
      .beginNested(NFTA_CHAIN_HOOK)
      .attributeBe32(NFTA_HOOK_HOOKNUM, HOOK_POINTS.indexOf(point))
      .attributeBe32(NFTA_HOOK_PRIORITY, priority >>> 0)
      .end();
  }

  #writeComment(type: number, comment: string | undefined): void {
    if (comment !== undefined) this.#writer.attribute(type, userData([textDatum(UDATA_COMMENT, comment)]));
  }

  /** Where the transaction begins and ends; the resource is the subsystem that it is for. */
  #writeMark(type: number): void {
    this.#writer.beginMessage({ type, flags: 0, sequence: 0 }).u8(0).u8(0).be16(NFNL_SUBSYS_NFTABLES).end();
  }
}
