// Netlink sockets: the port, and the kernel behind it. Everything is non-blocking, because the kernel works on a request
// while it is being sent: the answer is there when `send` returns.
import koffi from 'koffi';
import { NetlinkError } from './netlink-error.ts';
import { exceptFromFilter } from './socket-filter.ts';

export interface NetlinkSocketOptions {
  /** NETLINK_ROUTE and so on. */
  readonly protocol: number;
  /** Multicast groups whose events this socket receives, by number (RTNLGRP_…, NFNLGRP_…). */
  readonly groups?: readonly number[];
  /** Not the events that the socket with this port id caused. */
  readonly exceptFrom?: number;
  /** Beyond the limit of the machine (needs CAP_NET_ADMIN). Without it the machine's default. */
  readonly sendBufferBytes?: number;
  readonly receiveBufferBytes?: number;
}

export interface NetlinkSocket {
  /** Its address in netlink, which events carry that it caused. */
  readonly portId: number;
  /** Sends one datagram. For nf_tables one datagram is one transaction. Throws NetlinkError. */
  send(datagram: Uint8Array): void;
  /**
   * The next datagram, or undefined when none waits. It is valid until the next call. Throws NetlinkError: ENOBUFS when
   * events were lost.
   */
  receive(): Buffer | undefined;
  /**
   * As `send` and `receive`, on another thread: for dumps, in which the kernel may walk through all that it has, for 0.1 s and
   * more, to find the little that was asked for. One at a time, and nothing else with the socket meanwhile.
   */
  sendApart(datagram: Uint8Array): Promise<void>;
  receiveApart(): Promise<Buffer | undefined>;
  /** Calls back each time there is something to receive, until the socket is closed. One callback per socket. */
  onReadable(callback: () => void): void;
  /** Nothing is called back afterwards. Closing again does nothing. */
  close(): void;
}

export type OpenNetlinkSocket = (options: NetlinkSocketOptions) => NetlinkSocket;

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
/** Refusals repeat the header of the refused message only, not all of it: a batch is refused in a few bytes each. */
const NETLINK_CAP_ACK = 10;
/** Refusals carry a sentence that says why. */
const NETLINK_EXT_ACK = 11;
/** The kernel makes datagrams of at most 32 KiB for dumps; pages that are never touched cost nothing. */
const RECEIVE_BYTES = 256 * 1024;

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const setsockopt = libc.func(
  'int setsockopt(int fd, int level, int option, const int *value, uint32_t length)',
);
/** The same function, with a program of classic BPF for a value. */
const attachFilter = libc.func('setsockopt', 'int', [
  'int',
  'int',
  'int',
  koffi.pointer(koffi.struct({ length: 'uint16_t', instructions: 'const void *' })),
  'uint32_t',
]);
const getsockname = libc.func('int getsockname(int fd, _Out_ void *address, _Inout_ uint32_t *length)');
const send = libc.func('long send(int fd, const void *bytes, size_t length, int flags)');
const recv = libc.func('long recv(int fd, void *bytes, size_t length, int flags)');
const close = libc.func('int close(int fd)');
/** recv(2) then answers how long the datagram was, not how much of it fitted. */
const MSG_TRUNC = 0x20;
const SOCKADDR_NL_BYTES = 12;
const SOCK_FPROG_BYTES = 16;

const { EAGAIN, EMSGSIZE, EBADF } = koffi.os.errno as Readonly<
  Record<'EAGAIN' | 'EMSGSIZE' | 'EBADF', number>
>;

/** Opens a socket in the network namespace of the calling thread, in which it stays. Throws NetlinkError. */
export const openNetlinkSocket: OpenNetlinkSocket = (options) => {
  const kernelSocket = new KernelNetlinkSocket(
    check(socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, options.protocol)),
  );
  try {
    kernelSocket.prepare(options);
    return kernelSocket;
  } catch (error) {
    kernelSocket.close();
    throw error;
  }
};

class KernelNetlinkSocket implements NetlinkSocket {
  #fd: number;
  portId = 0;
  readonly #received = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
  #poll: ReturnType<typeof koffi.node.poll> | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  prepare({ groups, exceptFrom, sendBufferBytes, receiveBufferBytes }: NetlinkSocketOptions): void {
    this.#setOption(SOL_NETLINK, NETLINK_CAP_ACK, 1);
    this.#setOption(SOL_NETLINK, NETLINK_EXT_ACK, 1);
    if (sendBufferBytes) this.#setOption(SOL_SOCKET, SO_SNDBUFFORCE, sendBufferBytes);
    if (receiveBufferBytes) this.#setOption(SOL_SOCKET, SO_RCVBUFFORCE, receiveBufferBytes);
    if (exceptFrom !== undefined) this.#attachFilter(exceptFromFilter(exceptFrom));
    this.#bind();
    for (const group of groups ?? []) this.#setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
  }

  send(datagram: Uint8Array): void {
    check(send(this.#fd, datagram, datagram.length, 0));
  }

  receive(): Buffer | undefined {
    return this.#datagramOf(recv(this.#fd, this.#received, RECEIVE_BYTES, MSG_TRUNC));
  }

  async sendApart(datagram: Uint8Array): Promise<void> {
    const { result, errno } = await onOtherThread(send, this.#fd, datagram, datagram.length, 0);
    check(result, errno);
  }

  async receiveApart(): Promise<Buffer | undefined> {
    const received = this.#received;
    const { result, errno } = await onOtherThread(recv, this.#fd, received, RECEIVE_BYTES, MSG_TRUNC);
    return this.#datagramOf(result, errno);
  }

  onReadable(callback: () => void): void {
    if (this.#fd < 0) throw new NetlinkError(EBADF);
    // libuv's own poll on the event loop: no thread waits, and nothing is woken at rest. koffi calls back outside of Node's
    // callback scope, where promises would not be settled before the next event: setImmediate brings it into one, in the
    // same turn of the loop.
    this.#poll = koffi.node.poll(this.#fd, () => {
      setImmediate(() => {
        if (this.#fd >= 0) callback();
      });
    });
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#poll?.close();
    close(this.#fd);
    // A closed descriptor's number is soon somebody else's.
    this.#fd = -1;
  }

  #bind(): void {
    // Port id 0 asks the kernel for one that is free.
    const address = Buffer.alloc(SOCKADDR_NL_BYTES);
    address.writeUInt16LE(AF_NETLINK, 0);
    check(bind(this.#fd, address, address.length));
    check(getsockname(this.#fd, address, [address.length]));
    this.portId = address.readUInt32LE(4);
  }

  #attachFilter(instructions: Buffer): void {
    const program = { length: instructions.length / 8, instructions };
    check(attachFilter(this.#fd, SOL_SOCKET, SO_ATTACH_FILTER, program, SOCK_FPROG_BYTES));
  }

  #datagramOf(length: number, errno = koffi.errno()): Buffer | undefined {
    if (length > RECEIVE_BYTES) throw new NetlinkError(EMSGSIZE);
    if (length >= 0) return this.#received.subarray(0, length);
    if (errno === EAGAIN) return undefined;
    throw new NetlinkError(errno);
  }

  #setOption(level: number, option: number, value: number): void {
    check(setsockopt(this.#fd, level, option, [value], 4));
  }
}

/** Calls on a thread of libuv's pool. The errno of that thread is koffi's own during the callback only. */
function onOtherThread(
  call: typeof send,
  ...parameters: readonly unknown[]
): Promise<{ readonly result: number; readonly errno: number }> {
  return new Promise((resolve, reject) => {
    call.async(...parameters, (error: unknown, result: number) => {
      if (error) reject(error);
      else resolve({ result, errno: koffi.errno() });
    });
  });
}

function check(result: number, errno = koffi.errno()): number {
  if (result < 0) throw new NetlinkError(errno);
  return result;
}
