// Who else changes a table: reads the events of nf_tables, of which there is one for each element that changes, as far as it takes
// to know whose table it is.
import { attributesOf, forEachMessage, textOf } from '../message-reader.ts';
import { isOverrun } from '../netlink-error.ts';
import type { NetlinkSocket } from '../netlink-socket.ts';
import type { TableTouch, TableWatch } from './nf-tables.ts';
import {
  NFGENMSG_BYTES,
  NFT_MSG_NEWGEN,
  NFTA_GEN_PROC_NAME,
  NFTA_GEN_PROC_PID,
} from './nfnetlink-nftables.ts';
import type { NftTable } from './nft-table.ts';
import { tableMatcher } from './table-matcher.ts';

/** The event loop has its turns while large transactions are read: a datagram has some 40 events. */
const DATAGRAMS_PER_TURN = 200;

interface WatchedTable {
  readonly table: NftTable;
  readonly isMeant: ReturnType<typeof tableMatcher>;
  /** By the transaction whose end was not read yet. */
  isTouched: boolean;
}

/** Reads a socket that receives the events of nf_tables, and closes it. */
export class NftTableWatch implements TableWatch {
  readonly #open: () => NetlinkSocket;
  /** undefined while it is paused. */
  #socket: NetlinkSocket | undefined;
  readonly #tables: readonly WatchedTable[];
  readonly #onTouched: (touch: TableTouch) => void;
  #isClosed = false;

  constructor(
    open: () => NetlinkSocket,
    tables: readonly NftTable[],
    onTouched: (touch: TableTouch) => void,
  ) {
    this.#open = open;
    this.#tables = tables.map((table) => ({ table, isMeant: tableMatcher(table), isTouched: false }));
    this.#onTouched = onTouched;
    this.#socket = this.#listen();
  }

  /** Hears nothing until `resume`. What has happened until now is told. */
  pause(): void {
    this.drain();
    this.#socket?.close();
    this.#socket = undefined;
  }

  resume(): void {
    if (!this.#isClosed) this.#socket = this.#listen();
  }

  /** Something may have happened that was not heard. */
  lose(): void {
    if (!this.#isClosed) this.#onTouched({ table: undefined });
  }

  drain(): void {
    this.#read(Infinity);
    // The end of a transaction comes after its events; what they tell of is done before.
    this.#tell(undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
  }

  #listen(): NetlinkSocket {
    const socket = this.#open();
    socket.onReadable(() => this.#read(DATAGRAMS_PER_TURN));
    return socket;
  }

  /** At most so many datagrams; the socket stays readable for the rest. */
  #read(limit: number): void {
    for (let count = 0; count < limit && !this.#isClosed; count++) {
      const events = this.#receive();
      if (!events) return;
      forEachMessage(events, (type, start, end) => {
        if (type === NFT_MSG_NEWGEN) this.#tell(originOf(events.subarray(start, end)));
        else this.#note(events, start, end);
      });
    }
  }

  #receive(): Buffer | undefined {
    while (!this.#isClosed) {
      try {
        return this.#socket?.receive();
      } catch (error) {
        if (!isOverrun(error)) throw error;
        this.#onTouched({ table: undefined });
      }
    }
    return undefined;
  }

  #note(events: Buffer, start: number, end: number): void {
    for (const watched of this.#tables) watched.isTouched ||= watched.isMeant(events, start, end);
  }

  #tell(by: TableTouch['by']): void {
    for (const watched of this.#tables) {
      if (!watched.isTouched || this.#isClosed) continue;
      watched.isTouched = false;
      this.#onTouched({ table: watched.table, ...(by && { by }) });
    }
  }
}

/** Who made the transaction, which the kernel tells with its end. */
function originOf(message: Buffer): TableTouch['by'] {
  const attributes = attributesOf(message, NFGENMSG_BYTES);
  const pid = attributes.get(NFTA_GEN_PROC_PID)?.readUInt32BE();
  const name = attributes.get(NFTA_GEN_PROC_NAME);
  return pid === undefined || !name ? undefined : { pid, name: textOf(name) };
}
