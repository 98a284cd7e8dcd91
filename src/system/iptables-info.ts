// Asks ip_tables and ip6_tables how many entries a table has: IPT_SO_GET_INFO, which copies 84 bytes whatever the table's size.
import koffi from 'koffi';
import { SystemCallError } from './netns.ts';

/** Entries of a table of the legacy variant, in the network namespace of the calling thread. Throws SystemCallError. */
export type ReadTableEntries = (family: 'IPv4' | 'IPv6', table: string) => number;

const SOCKETS = {
  IPv4: { domain: 2, level: 0 },
  IPv6: { domain: 10, level: 41 },
} as const;

const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_RAW = 255;
/** IPT_SO_GET_INFO and IP6T_SO_GET_INFO (linux/netfilter_ipv4/ip_tables.h). */
const GET_INFO = 64;

// struct ipt_getinfo: name[32], valid_hooks, hook_entry[5], underflow[5], num_entries, size.
const INFO_BYTES = 84;
const NAME_BYTES = 32;
const ENTRIES_AT = 76;

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const getsockopt = libc.func(
  'int getsockopt(int fd, int level, int option, _Inout_ uint8_t *value, _Inout_ uint32_t *length)',
);
const close = libc.func('int close(int fd)');

export const readTableEntries: ReadTableEntries = (family, table) => {
  const { domain, level } = SOCKETS[family];
  const fd: number = socket(domain, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  if (fd < 0) throw new SystemCallError('socket');
  try {
    const info = Buffer.alloc(INFO_BYTES);
    info.write(table, 0, NAME_BYTES - 1, 'latin1');
    if (getsockopt(fd, level, GET_INFO, info, [INFO_BYTES]) < 0) throw new SystemCallError('getsockopt');
    return info.readUInt32LE(ENTRIES_AT);
  } finally {
    close(fd);
  }
};
