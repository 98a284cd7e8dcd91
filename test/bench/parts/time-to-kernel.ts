// How long a change takes from the API server's socket into the kernel, seen from outside of the daemon: the kernel tells of each
// transaction in the daemon's network namespace when it is committed.
import {
  NETLINK_NETFILTER,
  type NetlinkSocket,
  openNetlinkSocket,
} from '../../../src/system/netlink/netlink-socket.ts';
import { NFNLGRP_NFTABLES } from '../../../src/system/netlink/nftables/nfnetlink-nftables.ts';
import { inNetns } from '../../../src/system/netns.ts';
import type { Netns } from './netns.ts';

/** A change may need two transactions; nothing else of it comes after so long a silence. */
const SILENCE_MS = 30;

const DEADLINE_MS = 30_000;

export class KernelStopwatch {
  readonly #socket: NetlinkSocket;
  #onCommit: () => void = () => {};

  /** Of a namespace in which somebody writes to nf_tables. */
  constructor({ name }: Pick<Netns, 'name'>) {
    const options = { protocol: NETLINK_NETFILTER, groups: [NFNLGRP_NFTABLES] };
    this.#socket = inNetns(name, () => openNetlinkSocket(options));
    this.#socket.onReadable(() => {
      while (this.#socket.receive()) this.#onCommit();
    });
  }

  /** Makes the change; returns after how many milliseconds its last transaction was there. Rejects when there is none. */
  time(change: () => void): Promise<number> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(reject, DEADLINE_MS, new Error('the daemon wrote nothing'));
      let silence: ReturnType<typeof setTimeout> | undefined;
      const start = performance.now();
      this.#onCommit = () => {
        clearTimeout(silence);
        clearTimeout(deadline);
        silence = setTimeout(resolve, SILENCE_MS, performance.now() - start);
      };
      change();
    });
  }

  close(): void {
    this.#socket.close();
  }
}
