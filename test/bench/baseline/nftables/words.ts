// The words of nft in which the two families differ, and how kube-proxy writes keys.
import type { IpFamily } from '../../../../src/model/ip.ts';
import type { Frontend, GlobalPlan } from '../../../../src/plan/plan.ts';

export interface FamilyWords {
  /** Of the table and of matches of addresses. */
  readonly ip: 'ip' | 'ip6';
  readonly addressType: 'ipv4_addr' | 'ipv6_addr';
}

export function wordsOf(family: IpFamily): FamilyWords {
  return family === 'IPv4' ? { ip: 'ip', addressType: 'ipv4_addr' } : { ip: 'ip6', addressType: 'ipv6_addr' };
}

/** The key of a frontend in the maps of addresses, or in those of NodePorts. */
export function frontendKey({ ip, protocol, port }: Frontend): string {
  return [...(ip ? [ip] : []), protocol.toLowerCase(), port].join(' . ');
}

/** The match of traffic of local pods. Everything is measured, and was recorded, with the detector ClusterCIDR. */
export function podCidr({ localDetector }: GlobalPlan): string {
  if (localDetector.kind !== 'source-cidr') throw new Error(`no baseline for ${localDetector.kind}`);
  return localDetector.cidr;
}

/** `meta mark set meta mark | 0x00004000`. */
export function markText(operator: '|' | '^', { masqueradeMark }: GlobalPlan): string {
  return `meta mark set meta mark ${operator} ${hex(masqueradeMark)}`;
}

export function hex(mark: number): string {
  return `0x${mark.toString(16).padStart(8, '0')}`;
}
