// A kernel of links and addresses behind netlink sockets: answers the requests that Fairlead makes of rtnetlink and sends
// the events. Held against the real kernel by the contract in test/contract/netlink-contract.ts.
import os from 'node:os';
import ipaddr from 'ipaddr.js';
import {
  attributesOf,
  type NetlinkMessage,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
  readMessages,
} from '../../src/system/netlink/message-reader.ts';
import { MessageWriter } from '../../src/system/netlink/message-writer.ts';
import { NLM_F_ACK } from '../../src/system/netlink/netlink-connection.ts';
import { NetlinkError } from '../../src/system/netlink/netlink-error.ts';
import type { NetlinkSocket, OpenNetlinkSocket } from '../../src/system/netlink/netlink-socket.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const NLM_F_EXCL = 0x200;
const IFLA_IFNAME = 3;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const AF_INET = 2;
const AF_INET6 = 10;
const GROUP_LINK = 1;
const GROUP_IPV4_ADDRESS = 5;
const GROUP_IPV6_ADDRESS = 9;

interface FakeAddress {
  readonly linkIndex: number;
  readonly bytes: readonly number[];
  readonly prefixLength: number;
}

export class FakeRtnetlink {
  readonly #links = new Map<number, string>();
  readonly #addresses = new Map<string, FakeAddress>();
  readonly #sockets = new Set<FakeSocket>();
  #interruptedDumps = 0;

  readonly open: OpenNetlinkSocket = ({ groups }) => {
    const socket = new FakeSocket(
      new Set(groups),
      (message) => this.#answer(message),
      () => this.#sockets.delete(socket),
    );
    this.#sockets.add(socket);
    return socket;
  };

  get openSocketCount(): number {
    return this.#sockets.size;
  }

  addLink(name: string): void {
    const index = this.#links.size + 1;
    this.#links.set(index, name);
    this.#publish(GROUP_LINK, linkMessage(RTM_NEWLINK, index, name));
  }

  renameLink(name: string, newName: string): void {
    const index = this.#indexOf(name);
    this.#links.set(index, newName);
    this.#publish(GROUP_LINK, linkMessage(RTM_NEWLINK, index, newName));
  }

  removeLink(name: string): void {
    const index = this.#indexOf(name);
    for (const address of [...this.#addresses.values()])
      if (address.linkIndex === index) this.#remove(address);
    this.#links.delete(index);
    this.#publish(GROUP_LINK, linkMessage(RTM_DELLINK, index, name));
  }

  addAddress(link: string, cidr: string): void {
    this.#add(this.#addressFrom(link, cidr));
  }

  removeAddress(link: string, cidr: string): void {
    this.#remove(this.#addressFrom(link, cidr));
  }

  /** The events that wait are lost, and their receivers are told so. */
  overrun(): void {
    for (const socket of this.#sockets) socket.overrun();
  }

  /** Marks the next `count` dumps as inconsistent and leaves everything out of them. */
  interruptDumps(count: number): void {
    this.#interruptedDumps = count;
  }

  #answer(request: NetlinkMessage): Buffer[] {
    switch (request.type) {
      case RTM_GETLINK:
        return this.#dump(
          request,
          Array.from(this.#links, ([index, name]) => linkMessage(RTM_NEWLINK, index, name)),
        );
      case RTM_GETADDR:
        return this.#dump(
          request,
          Array.from(this.#addresses.values(), (address) => addressMessage(RTM_NEWADDR, address)),
        );
      case RTM_NEWADDR:
        return this.#requestAddress(request);
      default:
        return [errorMessage(request.sequence, os.constants.errno.EOPNOTSUPP)];
    }
  }

  #dump(request: NetlinkMessage, messages: readonly MessageOf[]): Buffer[] {
    const isInterrupted = this.#interruptedDumps > 0;
    if (isInterrupted) this.#interruptedDumps--;
    const flags = NLM_F_MULTI | (isInterrupted ? NLM_F_DUMP_INTR : 0);
    const parts = isInterrupted ? [] : messages.map((message) => message(flags, request.sequence));
    const done = new MessageWriter().beginMessage({ type: NLMSG_DONE, flags, sequence: request.sequence });
    return [...parts, Buffer.from(done.u32(0).end().bytes())];
  }

  #requestAddress({ flags, sequence, payload }: NetlinkMessage): Buffer[] {
    const bytes = [...(attributesOf(payload, 8).get(IFA_LOCAL) ?? [])];
    const address = { linkIndex: payload.readUInt32LE(4), bytes, prefixLength: payload[1] ?? 0 };
    if (flags & NLM_F_EXCL && this.#addresses.has(keyOf(address)))
      return [errorMessage(sequence, os.constants.errno.EEXIST)];
    this.#add(address);
    return flags & NLM_F_ACK ? [errorMessage(sequence, 0)] : [];
  }

  #add(address: FakeAddress): void {
    this.#addresses.set(keyOf(address), address);
    this.#publish(groupOf(address), addressMessage(RTM_NEWADDR, address));
  }

  #remove(address: FakeAddress): void {
    this.#addresses.delete(keyOf(address));
    this.#publish(groupOf(address), addressMessage(RTM_DELADDR, address));
  }

  #publish(group: number, message: MessageOf): void {
    for (const socket of this.#sockets) socket.deliver(group, message(0, 0));
  }

  #addressFrom(link: string, cidr: string): FakeAddress {
    const [ip, prefixLength] = ipaddr.parseCIDR(cidr);
    return { linkIndex: this.#indexOf(link), bytes: ip.toByteArray(), prefixLength };
  }

  #indexOf(name: string): number {
    for (const [index, link] of this.#links) if (link === name) return index;
    throw new Error(`no link ${name}`);
  }
}

class FakeSocket implements NetlinkSocket {
  readonly portId = 1;
  readonly #groups: ReadonlySet<number>;
  readonly #answer: (message: NetlinkMessage) => Buffer[];
  readonly #onClose: () => void;
  readonly #queue: Buffer[] = [];
  #isOverrun = false;
  #isClosed = false;
  #callback: (() => void) | undefined;

  constructor(
    groups: ReadonlySet<number>,
    answer: (message: NetlinkMessage) => Buffer[],
    onClose: () => void,
  ) {
    this.#groups = groups;
    this.#answer = answer;
    this.#onClose = onClose;
  }

  send(datagram: Uint8Array): void {
    this.#assertOpen();
    for (const message of readMessages(Buffer.from(datagram))) this.#queue.push(...this.#answer(message));
    this.#wake();
  }

  receive(): Buffer | undefined {
    this.#assertOpen();
    if (!this.#isOverrun) return this.#queue.shift();
    this.#isOverrun = false;
    throw new NetlinkError(os.constants.errno.ENOBUFS);
  }

  async sendApart(datagram: Uint8Array): Promise<void> {
    this.send(datagram);
  }

  async receiveApart(): Promise<Buffer | undefined> {
    return this.receive();
  }

  onReadable(callback: () => void): void {
    this.#assertOpen();
    this.#callback = callback;
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#onClose();
  }

  deliver(group: number, datagram: Buffer): void {
    if (!this.#groups.has(group)) return;
    this.#queue.push(datagram);
    this.#wake();
  }

  overrun(): void {
    if (this.#groups.size === 0) return;
    this.#queue.length = 0;
    this.#isOverrun = true;
    this.#wake();
  }

  #wake(): void {
    setImmediate(() => {
      if (this.#isClosed || (this.#queue.length === 0 && !this.#isOverrun)) return;
      this.#callback?.();
    });
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new NetlinkError(os.constants.errno.EBADF);
  }
}

/** A message that still lacks the flags and the sequence number of its receiver. */
type MessageOf = (flags: number, sequence: number) => Buffer;

function linkMessage(type: number, index: number, name: string): MessageOf {
  return (flags, sequence) =>
    Buffer.from(
      new MessageWriter()
        .beginMessage({ type, flags, sequence })
        .u32(0)
        .u32(index)
        .raw(new Uint8Array(8))
        .attributeString(IFLA_IFNAME, name)
        .end()
        .bytes(),
    );
}

function addressMessage(type: number, { linkIndex, bytes, prefixLength }: FakeAddress): MessageOf {
  const family = bytes.length === 4 ? AF_INET : AF_INET6;
  // The kernel's own habit: IPv4 has both attributes, IPv6 only has a local one on point-to-point links.
  const attributes = family === AF_INET ? [IFA_ADDRESS, IFA_LOCAL] : [IFA_ADDRESS];
  return (flags, sequence) => {
    const writer = new MessageWriter().beginMessage({ type, flags, sequence });
    writer.u8(family).u8(prefixLength).u16(0).u32(linkIndex);
    for (const attribute of attributes) writer.attribute(attribute, Uint8Array.from(bytes));
    return Buffer.from(writer.end().bytes());
  };
}

/** An acknowledgement when errno is 0. It repeats the refused header, of which only the length matters here. */
function errorMessage(sequence: number, errno: number): Buffer {
  const writer = new MessageWriter().beginMessage({ type: NLMSG_ERROR, flags: 0, sequence });
  return Buffer.from(
    writer
      .u32(-errno >>> 0)
      .raw(new Uint8Array(16))
      .end()
      .bytes(),
  );
}

function groupOf({ bytes }: FakeAddress): number {
  return bytes.length === 4 ? GROUP_IPV4_ADDRESS : GROUP_IPV6_ADDRESS;
}

function keyOf({ linkIndex, bytes, prefixLength }: FakeAddress): string {
  return `${linkIndex} ${bytes.join('.')}/${prefixLength}`;
}
