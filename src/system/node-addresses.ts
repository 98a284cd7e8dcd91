// The addresses of the node's links as a watched input: one dump at the start, then rtnetlink's events, and a dump again
// when the kernel had to drop events. What is listed is what Go's net.InterfaceAddrs lists, which kube-proxy uses: all links,
// also those that are down, and IPv6 addresses that are still tentative.
import {
  type AddressTables,
  applyMessage,
  emptyTables,
  IFADDRMSG_BYTES,
  IFINFOMSG_BYTES,
  listOf,
  type NodeAddress,
} from './address-tables.ts';
import { readMessages } from './netlink/message-reader.ts';
import { MessageWriter } from './netlink/message-writer.ts';
import { NetlinkConnection, NLM_F_DUMP } from './netlink/netlink-connection.ts';
import { isOverrun } from './netlink/netlink-error.ts';
import { NETLINK_ROUTE, type NetlinkSocket, type OpenNetlinkSocket } from './netlink/netlink-socket.ts';

export type { NodeAddress };

export interface NodeAddressesWatch {
  /** Called with the whole list, sorted, once before `watchNodeAddresses` returns and then whenever it differs. */
  readonly onChange: (addresses: readonly NodeAddress[]) => void;
  /** Called when the kernel refused a dump: the list may be out of date until the next event. */
  readonly onError: (error: unknown) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Watches the network namespace of the calling thread. Several events that wait are one change. Throws NetlinkError when
 * the kernel refuses the sockets.
 */
export type WatchNodeAddresses = (watch: NodeAddressesWatch) => void;

// linux/rtnetlink.h
const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const RTNLGRP_LINK = 1;
const RTNLGRP_IPV4_IFADDR = 5;
const RTNLGRP_IPV6_IFADDR = 9;
/** A node where links come and go faster than they can be listed would otherwise hold the event loop for ever. */
const MAX_DUMP_ATTEMPTS = 10;

/** Makes the real watch over netlink sockets. */
export function createWatchNodeAddresses(open: OpenNetlinkSocket): WatchNodeAddresses {
  return (watch) => {
    const { signal } = watch;
    if (signal.aborted) return;
    const watcher = new NodeAddressWatcher(open, watch);
    signal.addEventListener('abort', () => watcher.close(), { once: true });
    try {
      watcher.start();
    } catch (error) {
      watcher.close();
      throw error;
    }
  };
}

class NodeAddressWatcher {
  readonly #events: NetlinkSocket;
  readonly #requests: NetlinkSocket;
  readonly #connection: NetlinkConnection;
  readonly #watch: NodeAddressesWatch;
  /** Undefined when they are not known and must be dumped. */
  #tables: AddressTables | undefined;
  #reported: string | undefined;

  constructor(open: OpenNetlinkSocket, watch: NodeAddressesWatch) {
    this.#watch = watch;
    // Listening begins before the dump, so that no change falls between the two.
    this.#events = open({
      protocol: NETLINK_ROUTE,
      groups: [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR],
    });
    this.#requests = open({ protocol: NETLINK_ROUTE });
    this.#connection = new NetlinkConnection(this.#requests);
  }

  start(): void {
    this.#report(this.#known());
    this.#events.onReadable(() => {
      try {
        this.#takeEvents();
        this.#report(this.#known());
      } catch (error) {
        this.#watch.onError(error);
      }
    });
  }

  close(): void {
    this.#events.close();
    this.#requests.close();
  }

  #known(): AddressTables {
    this.#tables ??= this.#dumpAll();
    return this.#tables;
  }

  /** Takes all events that wait, so that a burst is one change. Each says what is, so the last one of an object is right. */
  #takeEvents(): void {
    try {
      for (let datagram = this.#events.receive(); datagram; datagram = this.#events.receive())
        for (const message of readMessages(datagram)) if (this.#tables) applyMessage(this.#tables, message);
    } catch (error) {
      this.#tables = undefined;
      if (!isOverrun(error)) throw error;
    }
  }

  #report(tables: AddressTables): void {
    const addresses = listOf(tables);
    const text = JSON.stringify(addresses);
    if (text === this.#reported) return;
    this.#reported = text;
    this.#watch.onChange(addresses);
  }

  #dumpAll(): AddressTables {
    for (let attempt = 1; ; attempt++) {
      const tables = emptyTables();
      const areLinksWhole = this.#dump(RTM_GETLINK, IFINFOMSG_BYTES, tables);
      const areAddressesWhole = this.#dump(RTM_GETADDR, IFADDRMSG_BYTES, tables);
      if ((areLinksWhole && areAddressesWhole) || attempt === MAX_DUMP_ATTEMPTS) return tables;
    }
  }

  /** Adds one kind of object to the tables. False when a change meanwhile may have hidden some. */
  #dump(type: number, headerBytes: number, tables: AddressTables): boolean {
    const request = new MessageWriter()
      .beginMessage({ type, flags: NLM_F_DUMP, sequence: this.#connection.nextSequence() })
      // All zero: every family and every link.
      .raw(new Uint8Array(headerBytes))
      .end();
    const answer = this.#connection.query(request.bytes());
    for (;;) {
      const step = answer.next();
      if (step.done) return step.value;
      applyMessage(tables, step.value);
    }
  }
}
