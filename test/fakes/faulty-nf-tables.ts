// nf_tables with transactions that are changed on their way to the kernel, so that the kernel refuses them.
import type { NfTables, TableTouch } from '../../src/system/netlink/nftables/nf-tables.ts';
import type { NftSet } from '../../src/system/netlink/nftables/nft-set.ts';
import type { NftTable } from '../../src/system/netlink/nftables/nft-table.ts';

export class FaultyNfTables implements NfTables {
  readonly #real: NfTables;
  readonly #change: (batch: Uint8Array) => Uint8Array;

  constructor(real: NfTables, change: (batch: Uint8Array) => Uint8Array) {
    this.#real = real;
    this.#change = change;
  }

  transact(batch: Uint8Array) {
    return this.#real.transact(this.#change(batch));
  }

  table(table: NftTable) {
    return this.#real.table(table);
  }

  chains(table: NftTable) {
    return this.#real.chains(table);
  }

  chain(table: NftTable, name: string) {
    return this.#real.chain(table, name);
  }

  rules(table: NftTable) {
    return this.#real.rules(table);
  }

  sets(table: NftTable) {
    return this.#real.sets(table);
  }

  elements(table: NftTable, set: NftSet) {
    return this.#real.elements(table, set);
  }

  watch(tables: readonly NftTable[], onTouched: (touch: TableTouch) => void) {
    return this.#real.watch(tables, onTouched);
  }

  unwatched<T>(task: () => Promise<T>) {
    return this.#real.unwatched(task);
  }

  close() {
    this.#real.close();
  }
}
