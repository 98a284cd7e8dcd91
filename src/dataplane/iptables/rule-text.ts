// Pieces of rules, in the very form in which iptables-save prints them: order of flags, masks, digits. That way the text of
// a chain that the kernel holds and the text that we render can be compared by their hashes.
import { type Cidr, type Ip, type IpFamily, ipFamilyOf, isZeroCidr, joinHostPort } from '../../model/ip.ts';
import type { Protocol } from '../../model/names.ts';
import type { GlobalPlan, LocalDetector } from '../../plan/plan.ts';

/** XT_MAX_COMMENT_LEN (256) less the final zero. */
const MAX_COMMENT_LENGTH = 255;

/**
 * A comment match. Whatever is in the text, it stays one comment: characters that Kubernetes names do not have become `_`,
 * and long text is cut.
 */
export function comment(text: string): string {
  const safe = text.replaceAll(/[^\w ./:;>-]/g, '_').slice(0, MAX_COMMENT_LENGTH);
  return `-m comment --comment "${safe}"`;
}

/** A host address as -s and -d take it. */
export function host(ip: Ip): string {
  return ipFamilyOf(ip) === 'IPv4' ? `${ip}/32` : `${ip}/128`;
}

/** Packets from the network; nothing for the one that holds all addresses, which iptables-save leaves out. */
export function fromCidr(cidr: Cidr): string {
  return isZeroCidr(cidr) ? '' : `-s ${cidr}`;
}

/** `-m tcp --dport 80`, to follow a `-p tcp`. */
export function destinationPort(protocol: Protocol, port: number | string): string {
  return `-m ${protocol.toLowerCase()} --dport ${port}`;
}

/**
 * The match that takes the fraction of packets that count / total says. The kernel compares 31 random bits with a threshold,
 * and iptables-save prints that threshold as a fraction.
 */
export function randomly(count: number, total: number): string {
  const threshold = Math.round((count / total) * 2 ** 31);
  return `-m statistic --mode random --probability ${(threshold / 2 ** 31).toFixed(11)}`;
}

export function dnatTo(ip: Ip, port: number): string {
  return `-j DNAT --to-destination ${joinHostPort(ip, port)}`;
}

export function reject(family: IpFamily): string {
  return `-j REJECT --reject-with ${family === 'IPv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable'}`;
}

export function markForMasquerade(global: GlobalPlan): string {
  return `-j MARK --set-xmark ${markHex(global)}/${markHex(global)}`;
}

/** The mark as iptables-save prints it. */
export function markHex({ masqueradeMark }: GlobalPlan): string {
  return `0x${(masqueradeMark >>> 0).toString(16)}`;
}

/**
 * How a rule tells traffic of this node's pods, or with `!` all other traffic; undefined when there is no telling.
 * iptables wants sources before destinations before interfaces.
 */
export interface SourceMatch {
  readonly beforeDestination: string;
  readonly afterDestination: string;
}

export function podTraffic(detector: LocalDetector, negation: '' | '!'): SourceMatch | undefined {
  switch (detector.kind) {
    case 'none':
      return undefined;
    case 'source-cidr':
      return { beforeDestination: words(negation, `-s ${detector.cidr}`), afterDestination: '' };
    case 'input-interface':
      return { beforeDestination: '', afterDestination: words(negation, `-i ${detector.name}`) };
    case 'input-interface-prefix':
      return { beforeDestination: '', afterDestination: words(negation, `-i ${detector.prefix}+`) };
  }
}

/** Joins what is not empty with single spaces. */
export function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join(' ');
}
