// The addresses of the node's links as a watched input: one dump at the start, then rtnetlink's events, and a dump again
// when the kernel had to drop events. What is listed is what Go's net.InterfaceAddrs lists, which kube-proxy uses: all links,
// also those that are down, and IPv6 addresses that are still tentative.
import ipaddr from 'ipaddr.js';
import { attributesOf, type NetlinkMessage, readMessages, textOf } from './netlink/message-reader.ts';
import { MessageWriter } from './netlink/message-writer.ts';
import { NetlinkConnection, NLM_F_DUMP } from './netlink/netlink-connection.ts';
import { isOverrun } from './netlink/netlink-error.ts';
import { NETLINK_ROUTE, type NetlinkSocket, type OpenNetlinkSocket } from './netlink/netlink-socket.ts';

export interface NodeAddress {
  /** Canonical: dotted quad or RFC 5952. */
  readonly ip: string;
  /** The name of its link; empty in the moment in which the link is being removed. */
  readonly link: string;
}

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

/** The links and addresses as the kernel told them. */
interface Tables {
  readonly linkNames: Map<number, string>;
  /** By link index, address and prefix length, which is how the kernel tells addresses apart. */
  readonly addresses: Map<string, { readonly ip: string; readonly linkIndex: number }>;
}

// linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const RTNLGRP_LINK = 1;
const RTNLGRP_IPV4_IFADDR = 5;
const RTNLGRP_IPV6_IFADDR = 9;
const IFINFOMSG_BYTES = 16;
const IFADDRMSG_BYTES = 8;
const IFLA_IFNAME = 3;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
/** A node where links come and go faster than they can be listed would otherwise hold the event loop for ever. */
const MAX_DUMP_ATTEMPTS = 10;

/** Makes the real watch over netlink sockets. */
export function createWatchNodeAddresses(open: OpenNetlinkSocket): WatchNodeAddresses {
  return (watch) => {
    const { signal } = watch;
    if (signal.aborted) return;
    const watcher = new NodeAddressWatcher(open, watch);
    signal.addEventListener('abort', () => watcher.close(), { once: true });
    watcher.start();
  };
}

class NodeAddressWatcher {
  readonly #events: NetlinkSocket;
  readonly #requests: NetlinkSocket;
  readonly #connection: NetlinkConnection;
  readonly #watch: NodeAddressesWatch;
  /** Undefined when they are not known and must be dumped. */
  #tables: Tables | undefined;
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

  #known(): Tables {
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

  #report(tables: Tables): void {
    const addresses = listOf(tables);
    const text = JSON.stringify(addresses);
    if (text === this.#reported) return;
    this.#reported = text;
    this.#watch.onChange(addresses);
  }

  #dumpAll(): Tables {
    for (let attempt = 1; ; attempt++) {
      const tables = emptyTables();
      const areLinksWhole = this.#dump(RTM_GETLINK, IFINFOMSG_BYTES, tables);
      const areAddressesWhole = this.#dump(RTM_GETADDR, IFADDRMSG_BYTES, tables);
      if ((areLinksWhole && areAddressesWhole) || attempt === MAX_DUMP_ATTEMPTS) return tables;
    }
  }

  /** Adds one kind of object to the tables. False when a change meanwhile may have hidden some. */
  #dump(type: number, headerBytes: number, tables: Tables): boolean {
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

function emptyTables(): Tables {
  return { linkNames: new Map(), addresses: new Map() };
}

function applyMessage(tables: Tables, { type, payload }: NetlinkMessage): void {
  if (type === RTM_NEWLINK || type === RTM_DELLINK) applyLink(tables, payload, type === RTM_DELLINK);
  if (type === RTM_NEWADDR || type === RTM_DELADDR) applyAddress(tables, payload, type === RTM_DELADDR);
}

/** struct ifinfomsg: the link's index is at 4. */
function applyLink({ linkNames }: Tables, payload: Buffer, isRemoved: boolean): void {
  // Bridges and others send events of their own family about a link, AF_BRIDGE's removal is only of the port.
  if (payload.length < IFINFOMSG_BYTES || payload[0] !== 0) return;
  const index = payload.readInt32LE(4);
  const name = attributesOf(payload, IFINFOMSG_BYTES).get(IFLA_IFNAME);
  if (isRemoved) linkNames.delete(index);
  else if (name) linkNames.set(index, textOf(name));
}

/** struct ifaddrmsg: the link's index is at 4. */
function applyAddress({ addresses }: Tables, payload: Buffer, isRemoved: boolean): void {
  if (payload.length < IFADDRMSG_BYTES) return;
  const linkIndex = payload.readUInt32LE(4);
  const attributes = attributesOf(payload, IFADDRMSG_BYTES);
  // On a point-to-point link IFA_ADDRESS is the other end; IFA_LOCAL, where there is one, is always the node's own.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (bytes?.length !== 4 && bytes?.length !== 16) return;
  const ip = ipaddr.fromByteArray([...bytes]).toString();
  const key = `${linkIndex} ${ip}/${payload[1]}`;
  if (isRemoved) addresses.delete(key);
  else addresses.set(key, { ip, linkIndex });
}

/** Sorted by link, then address, each once. */
function listOf({ addresses, linkNames }: Tables): readonly NodeAddress[] {
  return Array.from(addresses.values(), ({ ip, linkIndex }) => ({ ip, link: linkNames.get(linkIndex) ?? '' }))
    .sort(compare)
    .filter((address, i, sorted) => i === 0 || compare(address, sorted[i - 1]) !== 0);
}

function compare(a: NodeAddress, b: NodeAddress | undefined): number {
  return compareText(a.link, b?.link) || compareText(a.ip, b?.ip);
}

function compareText(a: string, b = ''): number {
  return a < b ? -1 : Number(a > b);
}
