// What the addresses of the Node mean for the daemon: its IPs, and which family is the primary one.
import type { ProxyConfig } from '../config/fields.ts';
import { type Ip, type IpFamily, ipFamilyOf, isUnspecified } from '../model/ip.ts';
import type { NodeRecord } from '../model/records.ts';

type Addresses = Pick<NodeRecord, 'internalIps' | 'externalIps'>;

/**
 * InternalIPs before ExternalIPs: the first address, and the first of the other family (GetNodeHostIPs in
 * component-helpers/node/util).
 */
export function nodeIpsOf({ internalIps, externalIps }: Addresses): readonly Ip[] {
  const all = [...internalIps, ...externalIps];
  const [primary] = all;
  if (!primary) return [];
  const secondary = all.find((ip) => ipFamilyOf(ip) !== ipFamilyOf(primary));
  return secondary ? [primary, secondary] : [primary];
}

/** bindAddress where it is a real address, else the Node's first IP, else IPv4 (detectNodeIPs in server.go). */
export function primaryFamilyOf({ bindAddress }: ProxyConfig, node: Addresses | undefined): IpFamily {
  const [nodeIp] = node ? nodeIpsOf(node) : [];
  if (!isUnspecified(bindAddress)) return ipFamilyOf(bindAddress);
  return nodeIp ? ipFamilyOf(nodeIp) : 'IPv4';
}
