// nf_tables as a port: transactions, dumps, and who else changes a table; and the kernel behind it.

import { Turns } from '../../../util/turns.ts';
import { NetlinkConnection, type Refusal } from '../netlink-connection.ts';
import {
  NETLINK_NETFILTER,
  type NetlinkSocket,
  type OpenNetlinkSocket,
  openNetlinkSocket,
} from '../netlink-socket.ts';
import { rulesetGeneration } from '../nft-chains.ts';
import { NFNLGRP_NFTABLES } from './nfnetlink-nftables.ts';
import { NftDumps } from './nft-dumps.ts';
import type { NftElement, NftSet } from './nft-set.ts';
import type { NftTable } from './nft-table.ts';
import { NftTableWatch } from './table-watch.ts';

/**
 * Promises reject with NetlinkError. A dump of chains, rules or sets during which somebody changed anything of nf_tables rejects with
 * EINTR: the caller asks again. What is missing has nothing in it, a table as well as a set. The kernel works on other threads; of
 * transactions each waits for the one before, and of dumps, beside them.
 */
export interface NfTables {
  /**
   * Sends what a NftBatch made and hands back all that the kernel refused, in its order; none: all of it is done. Otherwise nothing
   * is. Of thousands of refusals the last ones may be missing.
   */
  transact(batch: Uint8Array): Promise<readonly Refusal[]>;
  table(table: NftTable): Promise<ListedTable | undefined>;
  chains(table: NftTable): Promise<readonly ListedChain[]>;
  chain(table: NftTable, name: string): Promise<ListedChain | undefined>;
  /** Of all chains; those of one chain are in their order. */
  rules(table: NftTable): Promise<readonly ListedRule[]>;
  sets(table: NftTable): Promise<readonly ListedSet[]>;
  /**
   * In parts as the kernel sends them, in no order. Those of sets of intervals all have a `keyEnd`. What is added or deleted meanwhile
   * may be there or not, and then others of the same set may be missing or come twice; changes elsewhere do not matter. No other dump
   * begins before this one was taken to its end.
   */
  elements(table: NftTable, set: NftSet): AsyncGenerator<readonly NftElement[], void>;
  /** Tells of all changes of these tables that this port did not make. To be opened before the first dump. */
  watch(tables: readonly NftTable[], onTouched: (touch: TableTouch) => void): TableWatch;
  /**
   * Has the kernel tell of no changes during the task, which writes so much that telling would cost half as much again: there is an
   * event for each element, whoever listens. When others changed anything meanwhile, in any table, watches are told that it may have
   * been theirs. Drains of watches find nothing during the task.
   */
  unwatched<T>(task: () => Promise<T>): Promise<T>;
  /** Also ends watches. Not while a promise is waited for. */
  close(): void;
}

export interface ListedTable {
  /** Switched off: the kernel keeps what is in it, but packets do not come through its base chains. */
  readonly isDormant: boolean;
}

export interface ListedChain {
  readonly name: string;
  readonly hook?: ListedHook;
  /** Only of base chains. */
  readonly policy?: 'accept' | 'drop';
  readonly comment?: string;
  /** Its rules, and the rules and elements that lead to it. */
  readonly use: number;
}

/** As NftHook, also of those that it does not know. */
export interface ListedHook {
  readonly type: string;
  readonly point: string;
  readonly priority: number;
}

export interface ListedRule {
  readonly chain: string;
  readonly handle: bigint;
  readonly comment?: string;
  readonly tag?: string;
}

export interface ListedSet {
  readonly name: string;
  readonly comment?: string;
  /** Equal to `setShape` of the set with which it was made. */
  readonly shape: string;
  /** The number of elements, where the kernel tells it (6.16); of intervals with one field only about that. */
  readonly count?: number;
}

/** A transaction of somebody else. */
export interface TableTouch {
  /** undefined: the kernel lost events, so it may be any. */
  readonly table: NftTable | undefined;
  readonly by?: { readonly pid: number; readonly name: string };
}

export interface TableWatch {
  /** Tells synchronously what has happened until now. */
  drain(): void;
  close(): void;
}

/** One datagram is one transaction: the first write of a large cluster has tens of MB. Memory is only taken for what is sent. */
const SEND_BUFFER_BYTES = 64 * 1024 * 1024;
/** For two thousand refusals and more. */
const REFUSAL_BUFFER_BYTES = 1024 * 1024;
/** For the events of a transaction with some 100,000 elements. */
const EVENT_BUFFER_BYTES = 32 * 1024 * 1024;

/** Sockets belong to the network namespace of the thread that opens them, which is the calling one. Throws NetlinkError. */
export function openNfTables(open: OpenNetlinkSocket = openNetlinkSocket): NfTables {
  const transacting = open({
    protocol: NETLINK_NETFILTER,
    sendBufferBytes: SEND_BUFFER_BYTES,
    receiveBufferBytes: REFUSAL_BUFFER_BYTES,
  });
  try {
    return new KernelNfTables(open, transacting, open({ protocol: NETLINK_NETFILTER }));
  } catch (error) {
    transacting.close();
    throw error;
  }
}

class KernelNfTables implements NfTables {
  readonly #open: OpenNetlinkSocket;
  // Two, because the kernel answers nothing else on a socket while it dumps.
  readonly #transacting: NetlinkSocket;
  readonly #dumping: NetlinkSocket;
  readonly #transactions: NetlinkConnection;
  readonly #dumps: NftDumps;
  readonly #transactionTurns = new Turns();
  readonly #dumpTurns = new Turns();
  readonly #watches: NftTableWatch[] = [];
  #unwatchedTasks = 0;
  #isListening = true;
  #generation = 0;
  #isTouchedUnwatched = false;

  constructor(open: OpenNetlinkSocket, transacting: NetlinkSocket, dumping: NetlinkSocket) {
    this.#open = open;
    this.#transacting = transacting;
    this.#dumping = dumping;
    this.#transactions = new NetlinkConnection(transacting);
    this.#dumps = new NftDumps(dumping);
  }

  transact(batch: Uint8Array): Promise<readonly Refusal[]> {
    return this.#transactionTurns.run(async () => {
      if (this.#isListening) return this.#transactions.transactApart(batch);
      this.#noteGeneration(0);
      const refusals = await this.#transactions.transactApart(batch);
      this.#noteGeneration(1);
      return refusals;
    });
  }

  table(table: NftTable): Promise<ListedTable | undefined> {
    return this.#dumpTurns.run(() => this.#dumps.table(table));
  }

  chains(table: NftTable): Promise<readonly ListedChain[]> {
    return this.#dumpTurns.run(() => this.#dumps.chains(table));
  }

  chain(table: NftTable, name: string): Promise<ListedChain | undefined> {
    return this.#dumpTurns.run(() => this.#dumps.chain(table, name));
  }

  rules(table: NftTable): Promise<readonly ListedRule[]> {
    return this.#dumpTurns.run(() => this.#dumps.rules(table));
  }

  sets(table: NftTable): Promise<readonly ListedSet[]> {
    return this.#dumpTurns.run(() => this.#dumps.sets(table));
  }

  async *elements(table: NftTable, set: NftSet): AsyncGenerator<readonly NftElement[], void> {
    const end = await this.#dumpTurns.take();
    try {
      yield* this.#dumps.elements(table, set);
    } finally {
      end();
    }
  }

  watch(tables: readonly NftTable[], onTouched: (touch: TableTouch) => void): TableWatch {
    const open = () =>
      this.#open({
        protocol: NETLINK_NETFILTER,
        groups: [NFNLGRP_NFTABLES],
        exceptFrom: this.#transacting.portId,
        receiveBufferBytes: EVENT_BUFFER_BYTES,
      });
    const watch = new NftTableWatch(open, tables, onTouched);
    this.#watches.push(watch);
    return watch;
  }

  async unwatched<T>(task: () => Promise<T>): Promise<T> {
    if (this.#unwatchedTasks++ === 0) await this.#transactionTurns.run(async () => this.#stopListening());
    try {
      return await task();
    } finally {
      if (--this.#unwatchedTasks === 0) await this.#transactionTurns.run(async () => this.#listenAgain());
    }
  }

  #stopListening(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    for (const watch of this.#watches) watch.pause();
    this.#isTouchedUnwatched = false;
    this.#generation = rulesetGeneration(this.#transactions);
  }

  #listenAgain(): void {
    // Another task may have begun while this one waited for its turn.
    if (this.#unwatchedTasks > 0) return;
    this.#isListening = true;
    for (const watch of this.#watches) watch.resume();
    this.#noteGeneration(0);
    if (this.#isTouchedUnwatched) for (const watch of this.#watches) watch.lose();
  }

  /** Our own transaction adds one to the generation, or none where there was nothing to do; what is beyond that is others'. */
  #noteGeneration(own: 0 | 1): void {
    const generation = rulesetGeneration(this.#transactions);
    if (generation - this.#generation > own) this.#isTouchedUnwatched = true;
    this.#generation = generation;
  }

  close(): void {
    for (const closable of [...this.#watches, this.#transacting, this.#dumping]) closable.close();
  }
}
