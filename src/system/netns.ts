// Network namespaces by name, and sockets that live in them. A socket belongs for ever to the namespace in which it was
// made, and setns(2) moves only the calling thread: so one thread can serve sockets of many namespaces.
import { closeSync, openSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import koffi from 'koffi';

export interface SocketSpec {
  /** The name under /run/netns; undefined for the namespace that the thread is in. */
  readonly netns: string | undefined;
  readonly protocol: 'TCP' | 'UDP';
  /** The unspecified address (`0.0.0.0` or `::`) with port 0 leaves the choice to the kernel. */
  readonly local: { readonly ip: string; readonly port: number };
  /** SO_MARK, for policy routing of what this socket sends; 0 for none. */
  readonly mark?: number;
}

/** A system call that failed; `code` is the symbolic errno, as on Node's own errors. */
export class SystemCallError extends Error {
  readonly code: string;

  constructor(call: string) {
    const code = errorNames.get(koffi.errno()) ?? `errno ${koffi.errno()}`;
    super(`${call}: ${code}`);
    this.name = 'SystemCallError';
    this.code = code;
  }
}

const CLONE_NEWNET = 0x40000000;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_MARK = 36;
const SOL_IPV6 = 41;
const IPV6_V6ONLY = 26;

const errorNames = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
const libc = koffi.load(null);
const setns = libc.func('int setns(int fd, int nstype)');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const setsockopt = libc.func(
  'int setsockopt(int fd, int level, int option, const int *value, uint32_t length)',
);
const inetPton = libc.func('int inet_pton(int family, const char *text, void *bytes)');

/**
 * Runs `action` with the calling thread in the named namespace. `action` must be synchronous: what it starts for later
 * runs in the thread's own namespace. /proc/sys/net shows the namespace's own settings meanwhile.
 */
export function inNetns<T>(name: string, action: () => T): T {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    enter(`/run/netns/${name}`);
    return action();
  } finally {
    check('setns back', setns(home, CLONE_NEWNET));
    closeSync(home);
  }
}

/** Opens a non-blocking socket and binds it; the caller owns the descriptor. Throws SystemCallError. */
export function openSocket(spec: SocketSpec): number {
  const open = () => check('socket', socket(family(spec.local.ip), socketType(spec.protocol), 0));
  const fd = spec.netns === undefined ? open() : inNetns(spec.netns, open);
  try {
    prepare(fd, spec);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function prepare(fd: number, { protocol, local, mark }: SocketSpec): void {
  // For UDP it would let a second socket take over the port.
  if (protocol === 'TCP') setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (isIPv6(local.ip)) setOption(fd, SOL_IPV6, IPV6_V6ONLY, 1);
  if (mark) setOption(fd, SOL_SOCKET, SO_MARK, mark);
  // TCP gets a better port in connect(2), which can share ports between destinations. A UDP socket has to take its port
  // here, as libuv will set SO_REUSEADDR on it and connect(2) would then give one port to two sockets.
  if (protocol === 'TCP' && local.port === 0 && isUnspecified(local.ip)) return;
  const address = socketAddress(local.ip, local.port);
  check('bind', bind(fd, address, address.length));
}

function enter(path: string): void {
  const target = openSync(path, 'r');
  try {
    check(`setns ${path}`, setns(target, CLONE_NEWNET));
  } finally {
    closeSync(target);
  }
}

function setOption(fd: number, level: number, option: number, value: number): void {
  check('setsockopt', setsockopt(fd, level, option, [value], 4));
}

/** struct sockaddr_in or sockaddr_in6: the family in host order, the port in network order. */
function socketAddress(ip: string, port: number): Buffer {
  const address = Buffer.alloc(isIPv6(ip) ? 28 : 16);
  address.writeUInt16LE(family(ip), 0);
  address.writeUInt16BE(port, 2);
  const bytes = address.subarray(isIPv6(ip) ? 8 : 4);
  if (inetPton(family(ip), ip, bytes) !== 1) throw new Error(`not an IP address: ${ip}`);
  return address;
}

function family(ip: string): number {
  return isIPv6(ip) ? AF_INET6 : AF_INET;
}

function socketType(protocol: 'TCP' | 'UDP'): number {
  return (protocol === 'TCP' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
}

function isUnspecified(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::';
}

function check(call: string, result: number): number {
  if (result < 0) throw new SystemCallError(call);
  return result;
}
