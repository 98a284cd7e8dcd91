// Names of chains and ipsets. Those that kube-proxy has too are computed as it does, so that people find what they know;
// all nat chains carry one of its five prefixes, so that its stale-chain collection removes them after a rollback.
import { hash } from 'node:crypto';
import { type Ip, type IpFamily, joinHostPort } from '../../model/ip.ts';
import { type ServicePortName, servicePortNameText } from '../../model/names.ts';

export type Table = 'filter' | 'nat' | 'mangle';

export type ChainPrefix = 'KUBE-SVC-' | 'KUBE-SVL-' | 'KUBE-EXT-' | 'KUBE-FW-' | 'KUBE-SEP-';

export const MARK_MASQ = 'KUBE-MARK-MASQ';

/** An empty chain that says which layout wrote the table. Another layout's chains are stale chains to us, and ours to it. */
export const LAYOUT_CHAIN = 'KUBE-SVC-fairlead-layout-1';

/** XT_EXTENSION_MAXNAMELEN (29) less the final zero. */
const MAX_CHAIN_NAME_LENGTH = 28;

const PREFIXED_CHAIN = /^KUBE-(SVC|SVL|EXT|FW|SEP)-/;

/** Chains that kube-proxy and we write whole; KUBE-FIREWALL is not among them because kubelet writes it too. */
const FIXED_CHAINS: { readonly [table in Table]: ReadonlySet<string> } = {
  filter: new Set([
    'KUBE-SERVICES',
    'KUBE-EXTERNAL-SERVICES',
    'KUBE-FORWARD',
    'KUBE-NODEPORTS',
    'KUBE-PROXY-FIREWALL',
    'KUBE-PROXY-CANARY',
  ]),
  nat: new Set(['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', MARK_MASQ, 'KUBE-PROXY-CANARY']),
  mangle: new Set(['KUBE-PROXY-CANARY']),
};

/** True for the chains that are always there, by kube-proxy's names. */
export function isFixedChain(table: Table, chain: string): boolean {
  return FIXED_CHAINS[table].has(chain);
}

/** True for chains that a service proxy owns: ours of any layout, and kube-proxy's. */
export function isProxyChain(table: Table, chain: string): boolean {
  return isFixedChain(table, chain) || (table !== 'mangle' && PREFIXED_CHAIN.test(chain));
}

/** The 16 characters that end the names of a service port's chains (portProtoHash in pkg/proxy/iptables/proxier.go). */
export function servicePortHash(name: ServicePortName): string {
  return shortHash(servicePortNameText(name) + name.protocol.toLowerCase());
}

/**
 * The chain of one endpoint of a service port, also the name of its affinity list (servicePortEndpointChainName in
 * pkg/proxy/iptables/proxier.go).
 */
export function endpointChainName(name: ServicePortName, ip: Ip, port: number): string {
  const hash = shortHash(servicePortNameText(name) + name.protocol.toLowerCase() + joinHostPort(ip, port));
  return `KUBE-SEP-${hash}`;
}

/**
 * A bucket of a service port's endpoints. The dot keeps it apart from kube-proxy's names. Fifteen characters of the hash
 * leave room for a path of three digits.
 */
export function bucketChainName(chain: string, path: string): string {
  const prefixLength = chain.lastIndexOf('-') + 1;
  return `${chain.slice(0, prefixLength + 15)}.${path}`;
}

/**
 * A chain of a dispatch trie: its label where that fits, else a hash of it. kube-proxy's names end in 16 capitals and digits,
 * which no label (a dot, a colon or small letters) and no such hash (small letters) does.
 */
export function dispatchChainName(prefix: ChainPrefix, label: string): string {
  const name = prefix + label;
  return name.length <= MAX_CHAIN_NAME_LENGTH ? name : prefix + shortHash(label).toLowerCase();
}

/** The ipset that holds all ClusterIPs of a family. */
export function clusterIpSetName(family: IpFamily): string {
  return family === 'IPv4' ? 'FAIRLEAD-CLUSTER-IPS-4' : 'FAIRLEAD-CLUSTER-IPS-6';
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first 16 characters of the base32 (RFC 4648) of the SHA-256. */
function shortHash(text: string): string {
  const digest = hash('sha256', text, 'buffer');
  return base32OfFiveBytes(digest.readUIntBE(0, 5)) + base32OfFiveBytes(digest.readUIntBE(5, 5));
}

function base32OfFiveBytes(value: number): string {
  let rest = value;
  let text = '';
  for (let i = 0; i < 8; i++) {
    text = BASE32.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
