// A transaction of nf_tables, written as one datagram: all of it is done or nothing.
import type { NftElement, NftSet } from './nft-set.ts';
import type { NftChain, NftRule, NftTable } from './nft-table.ts';

/**
 * Messages about one table. They are numbered from 1 on, one by one; each method returns the number of its last message, so all
 * numbers since the previous call are its own. A refusal of the kernel tells the number; 0 is the transaction as a whole.
 */
export class NftBatch {
  readonly table: NftTable;

  constructor(table: NftTable, _initialBytes = 4096) {
    this.table = table;
  }

  /** Bytes so far. */
  get length(): number {
    throw new Error('not yet');
  }

  /** The number of the last message, 0 when there is none. */
  get sequence(): number {
    throw new Error('not yet');
  }

  /** Does nothing when it is there. */
  newTable(_comment?: string): number {
    throw new Error('not yet');
  }

  /** With all that is in it. */
  deleteTable(): number {
    throw new Error('not yet');
  }

  /** Does nothing when it is there, with the same hook. */
  newChain(_chain: NftChain): number {
    throw new Error('not yet');
  }

  /** With its rules. Refused with EBUSY as long as anything leads to it. */
  deleteChain(_name: string): number {
    throw new Error('not yet');
  }

  /** Deletes all rules of a chain. */
  flushChain(_name: string): number {
    throw new Error('not yet');
  }

  /** At the end of a chain. */
  newRule(_chain: string, _rule: NftRule): number {
    throw new Error('not yet');
  }

  /** Does nothing when it is there, with the same types. */
  newSet(_set: NftSet): number {
    throw new Error('not yet');
  }

  /** With its elements. Refused with EBUSY as long as a rule uses it. */
  deleteSet(_name: string): number {
    throw new Error('not yet');
  }

  /**
   * Nothing happens to an element that is there; with another value it is refused with EEXIST. In as many messages as necessary;
   * none if there are no elements.
   */
  newElements(_set: NftSet, _elements: Iterable<NftElement>): number {
    throw new Error('not yet');
  }

  /** By key alone. One that is not there is refused with ENOENT. */
  deleteElements(_set: NftSet, _elements: Iterable<NftElement>): number {
    throw new Error('not yet');
  }

  /** Ends the batch: the datagram, for NfTables.transact. */
  end(): Buffer {
    throw new Error('not yet');
  }
}
