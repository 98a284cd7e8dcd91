// Unix sockets with abstract names, which belong to the network namespace and are gone with their last descriptor. Node opens
// such sockets too, but does not say which descriptor it has, and a child can be given nothing else.
import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { SystemCallError } from './netns.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');

/** A stream socket with the name, for `server.listen({ fd })`; undefined when another has it. Throws SystemCallError. */
export function bindAbstractSocket(name: string): number | undefined {
  const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new SystemCallError('socket');
  const address = socketAddress(name);
  if (bind(fd, address, address.length) === 0) return fd;
  const error = new SystemCallError('bind');
  closeSync(fd);
  if (error.code === 'EADDRINUSE') return undefined;
  throw error;
}

/** struct sockaddr_un: the family in host order, then the name behind a zero byte. */
function socketAddress(name: string): Buffer {
  const path = Buffer.from(`\0${name}`);
  const address = Buffer.alloc(2 + path.length);
  address.writeUInt16LE(AF_UNIX, 0);
  path.copy(address, 2);
  return address;
}
