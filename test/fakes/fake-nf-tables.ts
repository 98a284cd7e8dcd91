// nf_tables in memory behind the port: takes the same datagrams as the kernel, does them as a whole or refuses them as a whole,
// and can be told to refuse, to be interrupted and to be changed by others. Held against the kernel by
// test/contract/nf-tables-contract.ts.
import os from 'node:os';
import { type NetlinkMessage, readMessages } from '../../src/system/netlink/message-reader.ts';
import type { Refusal } from '../../src/system/netlink/netlink-connection.ts';
import { NetlinkError } from '../../src/system/netlink/netlink-error.ts';
import { intervalsOf, isPlainInterval } from '../../src/system/netlink/nftables/interval.ts';
import type {
  ListedChain,
  ListedRule,
  ListedSet,
  ListedTable,
  NfTables,
  TableTouch,
  TableWatch,
} from '../../src/system/netlink/nftables/nf-tables.ts';
import {
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFT_MSG_NEWSETELEM,
} from '../../src/system/netlink/nftables/nfnetlink-nftables.ts';
import type { NftElement, NftSet } from '../../src/system/netlink/nftables/nft-set.ts';
import type { NftTable } from '../../src/system/netlink/nftables/nft-table.ts';
import { elementsIn, FakeNftRuleset, FakeRefusal, tableKey, tableKeyOf, useOf } from './fake-nft-ruleset.ts';

type Errno = keyof typeof os.constants.errno;

/** The kernel hands out elements in parts. */
const PART = 400;

export class FakeNfTables implements NfTables {
  /** How many transactions this port has sent, refused ones too. */
  transactionCount = 0;
  /** Thrown by the next transaction, which is not done. */
  failure: Error | undefined;
  #ruleset = new FakeNftRuleset();
  #isRefused: (message: NetlinkMessage, number: number) => Errno | undefined = () => undefined;
  #interruptedDumps = 0;
  #unwatchedTasks = 0;
  #hasUnheardChange = false;
  readonly #watches = new Set<FakeTableWatch>();

  async transact(batch: Uint8Array): Promise<readonly Refusal[]> {
    this.transactionCount++;
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
    return this.#apply(messagesOf(batch));
  }

  async table(table: NftTable): Promise<ListedTable | undefined> {
    const found = this.#ruleset.table(table);
    return found && { isDormant: found.isDormant };
  }

  async chains(table: NftTable): Promise<readonly ListedChain[]> {
    this.#dump();
    const found = this.#ruleset.table(table);
    return found
      ? Array.from(found.chains.values(), (each) => ({ ...each, use: useOf(found, each.name) }))
      : [];
  }

  async chain(table: NftTable, name: string): Promise<ListedChain | undefined> {
    return (await this.chains(table)).find((chain) => chain.name === name);
  }

  async rules(table: NftTable): Promise<readonly ListedRule[]> {
    this.#dump();
    return this.#ruleset.table(table)?.rules.map(({ listed }) => listed) ?? [];
  }

  async sets(table: NftTable): Promise<readonly ListedSet[]> {
    this.#dump();
    const sets = this.#ruleset.table(table)?.sets.values() ?? [];
    return Array.from(sets, ({ listed, elements }) => ({ ...listed, count: elements.size }));
  }

  async *elements(table: NftTable, set: NftSet): AsyncGenerator<readonly NftElement[], void> {
    const found = [...(this.#ruleset.table(table)?.sets.get(set.name)?.elements.values() ?? [])];
    const elements = isPlainInterval(set) ? intervalsOf(found) : found;
    for (let at = 0; at < elements.length; at += PART) yield elements.slice(at, at + PART);
    this.#dump();
  }

  watch(tables: readonly NftTable[], onTouched: (touch: TableTouch) => void): TableWatch {
    const watch = new FakeTableWatch(tables, onTouched, () => this.#watches.delete(watch));
    this.#watches.add(watch);
    return watch;
  }

  async unwatched<T>(task: () => Promise<T>): Promise<T> {
    this.#unwatchedTasks++;
    try {
      return await task();
    } finally {
      if (--this.#unwatchedTasks === 0 && this.#hasUnheardChange) this.loseEvents();
      this.#hasUnheardChange = false;
    }
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
  }

  /** Refuses the message with this number in each transaction from now on; undefined: no longer. */
  refuseMessage(number: number | undefined, code: Errno = 'ENOMEM'): void {
    this.#isRefused = (_, each) => (each === number ? code : undefined);
  }

  /** Refuses messages with a new element whose comment is meant from now on. */
  refuseElements(isMeant: (comment: string) => boolean, code: Errno = 'ENOMEM'): void {
    this.#isRefused = ({ type, payload }) => {
      if (type !== NFT_MSG_NEWSETELEM) return undefined;
      return elementsIn(payload).some(({ comment }) => comment !== undefined && isMeant(comment))
        ? code
        : undefined;
    };
  }

  /** Rejects the next dumps with EINTR. */
  interruptDumps(count: number): void {
    this.#interruptedDumps = count;
  }

  /** Does what a batch of somebody else says. Throws when it is refused. */
  change(batch: Uint8Array, by: { readonly pid: number; readonly name: string }): void {
    const messages = messagesOf(batch);
    const [refusal] = this.#apply(messages);
    if (refusal) throw refusal.error;
    const touched = new Set(messages.map(({ payload }) => tableKeyOf(payload)));
    if (this.#unwatchedTasks > 0) {
      this.#hasUnheardChange = true;
      return;
    }
    for (const watch of this.#watches) watch.note(touched, by);
  }

  /** Watches are told that they missed something. */
  loseEvents(): void {
    for (const watch of this.#watches) watch.lose();
  }

  #apply(messages: readonly NetlinkMessage[]): readonly Refusal[] {
    const next = this.#ruleset.copy();
    const refusals: Refusal[] = [];
    for (const message of messages) {
      const errno = this.#refusalOf(next, message);
      if (errno !== undefined) refusals.push({ sequence: message.sequence, error: new NetlinkError(errno) });
    }
    if (refusals.length === 0) this.#ruleset = next;
    return refusals;
  }

  #refusalOf(ruleset: FakeNftRuleset, message: NetlinkMessage): number | undefined {
    const code = this.#isRefused(message, message.sequence);
    if (code) return os.constants.errno[code];
    try {
      ruleset.apply(message);
      return undefined;
    } catch (error) {
      if (error instanceof FakeRefusal) return error.errno;
      throw error;
    }
  }

  #dump(): void {
    if (this.#interruptedDumps === 0) return;
    this.#interruptedDumps--;
    throw new NetlinkError(os.constants.errno.EINTR);
  }
}

class FakeTableWatch implements TableWatch {
  readonly #tables: readonly NftTable[];
  readonly #onTouched: (touch: TableTouch) => void;
  readonly #onClose: () => void;
  readonly #waiting: TableTouch[] = [];

  constructor(tables: readonly NftTable[], onTouched: (touch: TableTouch) => void, onClose: () => void) {
    this.#tables = tables;
    this.#onTouched = onTouched;
    this.#onClose = onClose;
  }

  drain(): void {
    for (const touch of this.#waiting.splice(0)) this.#onTouched(touch);
  }

  close(): void {
    this.#waiting.length = 0;
    this.#onClose();
  }

  note(touched: ReadonlySet<string>, by: TableTouch['by']): void {
    for (const table of this.#tables)
      if (touched.has(tableKey(table))) this.#add({ table, ...(by && { by }) });
  }

  lose(): void {
    this.#add({ table: undefined });
  }

  #add(touch: TableTouch): void {
    this.#waiting.push(touch);
    setImmediate(() => this.drain());
  }
}

function messagesOf(batch: Uint8Array): NetlinkMessage[] {
  const messages = Array.from(readMessages(Buffer.from(batch)));
  return messages.filter(({ type }) => type !== NFNL_MSG_BATCH_BEGIN && type !== NFNL_MSG_BATCH_END);
}
