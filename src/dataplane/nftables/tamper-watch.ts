// Hears from the kernel when somebody else changes our table, and who.
import type { IpFamily } from '../../model/ip.ts';
import type { NfTables, TableTouch, TableWatch } from '../../system/netlink/nftables/nf-tables.ts';
import type { Touch } from '../dataplane.ts';
import { TABLE_NAME } from './names.ts';

export class TamperWatch {
  readonly #watch: TableWatch;
  #isTouched = false;
  #onTouched: (touch: Touch) => void = () => {};

  /** Before the first read: what happens from now on is noticed. Throws NetlinkError. */
  constructor(nfTables: Pick<NfTables, 'watch'>, family: IpFamily) {
    this.#watch = nfTables.watch([{ family, name: TABLE_NAME }], (touch) => this.#note(touch));
  }

  /** One listener. Returns what ends it. */
  listen(onTouched: (touch: Touch) => void): () => void {
    this.#onTouched = onTouched;
    return () => {
      this.#onTouched = () => {};
    };
  }

  /** What happened before does not count any more: everything is about to be read. */
  forget(): void {
    this.#watch.drain();
    this.#isTouched = false;
  }

  /** Exact: nothing that the kernel has done is still on its way. */
  isUntouched(): boolean {
    this.#watch.drain();
    return !this.#isTouched;
  }

  #note({ by }: TableTouch): void {
    this.#isTouched = true;
    this.#onTouched({ by });
  }
}
