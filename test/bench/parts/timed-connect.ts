// How long connect(2) takes, by blocking system calls from this very thread: an event loop would add more than is measured.
// The same thread accepts afterwards, so that nothing else runs meanwhile: the kernel shakes hands without accept(2).
import koffi from 'koffi';
import { inNetns } from '../../../src/system/netns.ts';
import type { Lane } from './lane.ts';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const SO_SNDTIMEO = 21;
const SOCKADDR_IN_BYTES = 16;

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const listen = libc.func('int listen(int fd, int backlog)');
const connectTo = libc.func('int connect(int fd, const void *address, uint32_t length)');
const accept = libc.func('int accept(int fd, void *address, void *length)');
const getsockname = libc.func('int getsockname(int fd, _Out_ void *address, _Inout_ uint32_t *length)');
const close = libc.func('int close(int fd)');
const setsockopt = libc.func(
  'int setsockopt(int fd, int level, int option, const void *value, uint32_t length)',
);

const SECONDS_BEFORE_GIVING_UP = 5;

export interface Connector {
  /** Connects from the lane's client. Throws when nobody answers. */
  readonly connect: (ip: string, port: number) => Connection;
  readonly close: () => void;
}

export interface Connection {
  readonly microseconds: number;
  /** The address that accepted, in hexadecimal. */
  readonly endpoint: string;
}

/** Listens in the lane's server on the port, on whatever address the router chooses. */
export function createConnector(lane: Lane, serverPort: number): Connector {
  const listener = inNetns(lane.server.name, openSocket);
  const any = address('0.0.0.0', serverPort);
  check('bind', bind(listener, any, any.length));
  check('listen', listen(listener, 16));
  return {
    connect: (ip, port) => {
      const fd = inNetns(lane.client.name, openClient);
      const to = address(ip, port);
      const start = performance.now();
      const result = connectTo(fd, to, to.length);
      const microseconds = (performance.now() - start) * 1_000;
      check(`connect to ${ip}:${port}`, result);
      const accepted = check('accept', accept(listener, null, null));
      const endpoint = localAddress(accepted);
      close(accepted);
      close(fd);
      return { microseconds, endpoint };
    },
    close: () => close(listener),
  };
}

function openSocket(): number {
  return check('socket', socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/** Closes with a reset, so that neither a port nor an entry of conntrack is left waiting. */
function openClient(): number {
  const fd = openSocket();
  const lingerOff = Buffer.from(Int32Array.of(1, 0).buffer);
  const timeout = Buffer.from(BigInt64Array.of(BigInt(SECONDS_BEFORE_GIVING_UP), 0n).buffer);
  check('SO_LINGER', setsockopt(fd, SOL_SOCKET, SO_LINGER, lingerOff, lingerOff.length));
  check('SO_SNDTIMEO', setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timeout, timeout.length));
  return fd;
}

function localAddress(fd: number): string {
  const bytes = Buffer.alloc(SOCKADDR_IN_BYTES);
  check('getsockname', getsockname(fd, bytes, [bytes.length]));
  return bytes.toString('hex', 4, 8);
}

/** struct sockaddr_in. */
function address(ip: string, port: number): Buffer {
  const bytes = Buffer.alloc(SOCKADDR_IN_BYTES);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(ip.split('.').map(Number), 4);
  return bytes;
}

function check(call: string, result: number): number {
  if (result < 0) throw new Error(`${call} failed with errno ${koffi.errno()}`);
  return result;
}
