// Which tables of the legacy variant of iptables there are. To ask ip_tables itself would make them.
import { readFileSync } from 'node:fs';

/** Of the network namespace of the process; none where the kernel has no ip_tables. Root only: nobody else learns of any. */
export type LegacyTables = (family: 'IPv4' | 'IPv6') => readonly string[];

const FILES = { IPv4: '/proc/net/ip_tables_names', IPv6: '/proc/net/ip6_tables_names' } as const;

export const legacyTables: LegacyTables = (family) => {
  try {
    return readFileSync(FILES[family], 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
};
