// What every netlink socket and the watch of the node's addresses promise, held against the real kernel and the fake one.
import { afterEach, describe, expect, it } from 'vitest';
import { MessageWriter } from '../../src/system/netlink/message-writer.ts';
import { NetlinkConnection, NLM_F_ACK, NLM_F_DUMP } from '../../src/system/netlink/netlink-connection.ts';
import {
  NETLINK_ROUTE,
  type NetlinkSocket,
  type OpenNetlinkSocket,
} from '../../src/system/netlink/netlink-socket.ts';
import { createWatchNodeAddresses, type NodeAddress } from '../../src/system/node-addresses.ts';

/** A network namespace with the link `lo` and nothing else. */
export interface NetlinkBed {
  readonly open: OpenNetlinkSocket;
  addLink(name: string): void;
  renameLink(name: string, newName: string): void;
  removeLink(name: string): void;
  addAddress(link: string, cidr: string): void;
  removeAddress(link: string, cidr: string): void;
  /** Makes events get lost: afterwards `lo` has the address 10.9.9.9. */
  overrun(): void;
}

const RTM_NEWADDR = 20;
const RTM_GETLINK = 18;
const RTM_UNKNOWN = 250;
const RTNLGRP_IPV4_IFADDR = 5;
const NLM_F_CREATE_EXCL = 0x600;
const AF_INET = 2;
const IFA_LOCAL = 2;
const LOOPBACK_INDEX = 1;

export function describeNetlink(name: string, createBed: () => NetlinkBed): void {
  describe(`netlink sockets of ${name}`, () => {
    const sockets: NetlinkSocket[] = [];
    const open = (bed: NetlinkBed, groups: number[] = []): NetlinkSocket => {
      const socket = bed.open({ protocol: NETLINK_ROUTE, groups });
      sockets.push(socket);
      return socket;
    };
    afterEach(() => {
      for (const socket of sockets.splice(0)) socket.close();
    });

    it('have nothing to receive when nothing was sent', () => {
      expect(open(createBed()).receive()).toBeUndefined();
    });

    it('dump the links', () => {
      const connection = new NetlinkConnection(open(createBed()));
      const request = new MessageWriter()
        .beginMessage({ type: RTM_GETLINK, flags: NLM_F_DUMP, sequence: connection.nextSequence() })
        .raw(new Uint8Array(16))
        .end();
      const messages = Array.from(connection.query(request.bytes()), ({ payload }) => payload.readInt32LE(4));
      expect(messages).toContain(LOOPBACK_INDEX);
    });

    it('dump the links from another thread, and nothing more when they are through', async () => {
      const connection = new NetlinkConnection(open(createBed()));
      const request = new MessageWriter()
        .beginMessage({ type: RTM_GETLINK, flags: NLM_F_DUMP, sequence: connection.nextSequence() })
        .raw(new Uint8Array(16))
        .end();
      const links: number[] = [];
      for await (const messages of connection.queryApart(request.bytes()))
        for (const { payload } of messages) links.push(payload.readInt32LE(4));
      expect(links).toContain(LOOPBACK_INDEX);
      expect(new Set(links).size).toBe(links.length);
    });

    it('reject a refused dump that was asked from another thread', async () => {
      const connection = new NetlinkConnection(open(createBed()));
      const request = new MessageWriter()
        .beginMessage({ type: RTM_UNKNOWN, flags: NLM_F_DUMP, sequence: connection.nextSequence() })
        .raw(new Uint8Array(16))
        .end();
      const takeAll = async () => {
        for await (const messages of connection.queryApart(request.bytes())) Array.from(messages);
      };
      await expect(takeAll()).rejects.toThrow('ENOTSUP');
    });

    it('answer a second dump when the first was not taken to its end', () => {
      const connection = new NetlinkConnection(open(createBed()));
      const request = (): Buffer =>
        new MessageWriter()
          .beginMessage({ type: RTM_GETLINK, flags: NLM_F_DUMP, sequence: connection.nextSequence() })
          .raw(new Uint8Array(16))
          .end()
          .bytes();
      const abandoned = connection.query(request());
      expect(abandoned.next().done).toBe(false);
      expect(Array.from(connection.query(request()))).not.toHaveLength(0);
    });

    it('acknowledge what succeeds and refuse what is there already, by its sequence number', () => {
      const connection = new NetlinkConnection(open(createBed()));
      const writer = new MessageWriter();
      const first = connection.nextSequence();
      const again = connection.nextSequence();
      for (const sequence of [first, again]) writeNewAddress(writer, sequence);
      const refusals = connection.transact(writer.bytes());
      expect(refusals.map(({ sequence, error }) => [sequence, error.code])).toEqual([[again, 'EEXIST']]);
    });

    it('do the same from another thread', async () => {
      const connection = new NetlinkConnection(open(createBed()));
      const writer = new MessageWriter();
      const first = connection.nextSequence();
      const again = connection.nextSequence();
      for (const sequence of [first, again]) writeNewAddress(writer, sequence);
      const refusals = await connection.transactApart(writer.bytes());
      expect(refusals.map(({ sequence, error }) => [sequence, error.code])).toEqual([[again, 'EEXIST']]);
    });

    it('refuse a request of an unknown type', () => {
      const connection = new NetlinkConnection(open(createBed()));
      const request = new MessageWriter()
        .beginMessage({ type: RTM_UNKNOWN, flags: NLM_F_ACK, sequence: connection.nextSequence() })
        .raw(new Uint8Array(16))
        .end();
      expect(() => connection.request(request.bytes())).toThrow('ENOTSUP');
    });

    it('call back when an event of a joined group arrives, and hand it out', async () => {
      const bed = createBed();
      const socket = open(bed, [RTNLGRP_IPV4_IFADDR]);
      const readable = new Promise<void>((resolve) => socket.onReadable(resolve));
      bed.addAddress('lo', '10.1.2.3/32');
      await readable;
      expect(socket.receive()?.readUInt16LE(4)).toBe(RTM_NEWADDR);
    });

    it('hear nothing of groups that they did not join', () => {
      const bed = createBed();
      const socket = open(bed);
      bed.addAddress('lo', '10.1.2.3/32');
      expect(socket.receive()).toBeUndefined();
    });

    it('say that events were lost, and go on with what comes afterwards', () => {
      const bed = createBed();
      const socket = open(bed, [RTNLGRP_IPV4_IFADDR]);
      bed.overrun();
      expect(() => receiveAll(socket)).toThrow('ENOBUFS');
      receiveAll(socket);
      bed.addAddress('lo', '10.1.2.3/32');
      expect(receiveAll(socket)).toBe(1);
    });

    it('refuse to send once they are closed, and close twice', async () => {
      const socket = open(createBed());
      socket.close();
      socket.close();
      expect(() => socket.send(new Uint8Array(16))).toThrow('EBADF');
      await expect(socket.sendApart(new Uint8Array(16))).rejects.toThrow('EBADF');
      await expect(socket.receiveApart()).rejects.toThrow('EBADF');
    });
  });

  describe(`the node addresses of ${name}`, () => {
    const ends: AbortController[] = [];
    const watch = (bed: NetlinkBed): AddressLog => {
      const log = new AddressLog();
      const end = new AbortController();
      ends.push(end);
      createWatchNodeAddresses(bed.open)({ onChange: log.add, onError: log.fail, signal: end.signal });
      return log;
    };
    afterEach(() => {
      for (const end of ends.splice(0)) end.abort();
    });

    it('are told at once', () => {
      const bed = createBed();
      bed.addAddress('lo', '10.1.2.3/32');
      expect(watch(bed).current).toEqual(['10.1.2.3 lo']);
    });

    it('follow addresses that come and go, in both families', async () => {
      const bed = createBed();
      const log = watch(bed);
      bed.addAddress('lo', '10.1.2.3/32');
      bed.addAddress('lo', 'fd00:0:0::1/128');
      await log.until(['10.1.2.3 lo', 'fd00::1 lo']);
      bed.removeAddress('lo', '10.1.2.3/32');
      await log.until(['fd00::1 lo']);
    });

    it('carry the names of their links, sorted by them', async () => {
      const bed = createBed();
      const log = watch(bed);
      bed.addLink('uplink');
      bed.addAddress('uplink', '10.1.2.3/24');
      bed.addAddress('lo', '10.9.9.1/32');
      await log.until(['10.9.9.1 lo', '10.1.2.3 uplink']);
      bed.renameLink('uplink', 'edge');
      await log.until(['10.1.2.3 edge', '10.9.9.1 lo']);
      bed.removeLink('edge');
      await log.until(['10.9.9.1 lo']);
    });

    it('list an address once that a link has with two prefix lengths, until both are gone', async () => {
      const bed = createBed();
      const log = watch(bed);
      bed.addAddress('lo', '10.1.2.3/32');
      bed.addAddress('lo', '10.1.2.3/24');
      bed.addAddress('lo', '10.9.9.1/32');
      await log.until(['10.1.2.3 lo', '10.9.9.1 lo']);
      bed.removeAddress('lo', '10.1.2.3/32');
      bed.removeAddress('lo', '10.9.9.1/32');
      await log.until(['10.1.2.3 lo']);
    });

    it('are listed anew when the kernel lost events', async () => {
      const bed = createBed();
      const log = watch(bed);
      bed.overrun();
      await log.until(['10.9.9.9 lo']);
    });

    it('are told no more once the watch is aborted', async () => {
      const bed = createBed();
      const log = watch(bed);
      ends.at(-1)?.abort();
      bed.addAddress('lo', '10.1.2.3/32');
      // An event would have been seen by the second watch not later than by the first.
      await watch(bed).until(['10.1.2.3 lo']);
      expect(log.current).toEqual([]);
    });
  });
}

/** What a watch told, to wait for. */
class AddressLog {
  current: readonly string[] = [];
  #wake: () => void = () => {};
  #error: unknown;

  readonly add = (addresses: readonly NodeAddress[]): void => {
    this.current = addresses.map(({ ip, link }) => `${ip} ${link}`);
    this.#wake();
  };

  readonly fail = (error: unknown): void => {
    this.#error = error;
    this.#wake();
  };

  async until(expected: readonly string[]): Promise<void> {
    while (JSON.stringify(this.current) !== JSON.stringify(expected)) {
      if (this.#error) throw this.#error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** The number of datagrams that waited. */
function receiveAll(socket: NetlinkSocket): number {
  let count = 0;
  while (socket.receive()) count++;
  return count;
}

function writeNewAddress(writer: MessageWriter, sequence: number): void {
  writer
    .beginMessage({ type: RTM_NEWADDR, flags: NLM_F_ACK | NLM_F_CREATE_EXCL, sequence })
    .u8(AF_INET)
    .u8(32)
    .u16(0)
    .u32(LOOPBACK_INDEX)
    .attribute(IFA_LOCAL, Uint8Array.of(10, 1, 2, 3))
    .end();
}
