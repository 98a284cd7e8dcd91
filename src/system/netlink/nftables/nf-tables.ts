// nf_tables of the kernel as a port: transactions, dumps, and who else changes a table.
import type { Refusal } from '../netlink-connection.ts';
import type { NftElement, NftSet } from './nft-set.ts';
import type { NftHook, NftTable } from './nft-table.ts';

/**
 * Promises reject with NetlinkError. A dump during which somebody changed anything of nf_tables rejects with EINTR: the caller asks
 * again. What is missing has nothing in it, a table as well as a set. The kernel works on other threads; one transaction at a time,
 * and one dump at a time, beside it.
 */
export interface NfTables {
  /**
   * Sends what a NftBatch made and hands back all that the kernel refused, in its order; none: all of it is done. Otherwise nothing
   * is. Of thousands of refusals the last ones may be missing.
   */
  transact(batch: Uint8Array): Promise<readonly Refusal[]>;
  chains(table: NftTable): Promise<readonly ListedChain[]>;
  chain(table: NftTable, name: string): Promise<ListedChain | undefined>;
  /** Of all chains; those of one chain are in their order. */
  rules(table: NftTable): Promise<readonly ListedRule[]>;
  sets(table: NftTable): Promise<readonly ListedSet[]>;
  /** In parts as the kernel sends them; a set of plain intervals in one part. In no order. */
  elements(table: NftTable, set: NftSet): AsyncGenerator<readonly NftElement[], void>;
  /** Tells of all changes of these tables that this port did not make. Open it before the first dump. */
  watch(tables: readonly NftTable[], onTouched: (touch: TableTouch) => void): TableWatch;
  /** Also ends watches. Not while a promise is waited for. */
  close(): void;
}

export interface ListedChain {
  readonly name: string;
  readonly hook?: {
    readonly type: string;
    readonly point: NftHook['point'] | 'other';
    readonly priority: number;
  };
  /** Only of base chains. */
  readonly policy?: 'accept' | 'drop';
  readonly comment?: string;
  /** Its rules, and the rules and elements that lead to it. */
  readonly use: number;
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
  /** The number of elements, where the kernel tells it (6.16). */
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

/** Works in the network namespace of the calling thread. Throws NetlinkError. */
export function openNfTables(): NfTables {
  throw new Error('not yet');
}

/** Kind, types and lengths of a set: two with one shape differ in name, comment, size and elements only. */
export function setShape(_set: NftSet): string {
  throw new Error('not yet');
}
