// The programs that we run: two variants of iptables, each for two families.
import type { IpFamily } from '../../model/ip.ts';

/** Which kernel interface the node's rules go through: ip_tables, or nf_tables behind the same commands. */
export type IptablesVariant = 'legacy' | 'nft';

export function restoreProgram(variant: IptablesVariant, family: IpFamily): string {
  return `${COMMAND[family]}-${variant}-restore`;
}

export function saveProgram(variant: IptablesVariant, family: IpFamily): string {
  return `${COMMAND[family]}-${variant}-save`;
}

export function listProgram(variant: IptablesVariant, family: IpFamily): string {
  return `${COMMAND[family]}-${variant}`;
}

const COMMAND = { IPv4: 'iptables', IPv6: 'ip6tables' } as const;
