// IP addresses and CIDRs as the rest of the code sees them: parsed once at the edge, canonical text afterwards, so that
// two spellings of one address are the same string. ipaddr.js does the parsing; comparisons never parse again.
import ipaddr from 'ipaddr.js';

export type IpFamily = 'IPv4' | 'IPv6';

/** An address in canonical text: dotted quad without leading zeros, or RFC 5952. */
export type Ip = string & { readonly brand: 'Ip' };

/** A network in canonical text, host bits zero: `10.96.0.0/12`, `fd00::/64`. */
export type Cidr = string & { readonly brand: 'Cidr' };

/** Nearly all addresses that an API server sends are canonical already, and there are 100,000 of them. */
const CANONICAL_QUAD = /^(0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])(\.(0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])){3}$/;

// Go's ParseIPSloppy, which kube-proxy uses, accepts leading zeros and reads them as decimal.
const DOTTED_QUAD = /^\d{1,10}(\.\d{1,10}){3}$/;

/** The canonical form, or undefined if it is no address. IPv4-mapped IPv6 addresses are IPv4, as in Go's net.IP. */
export function parseIp(raw: string): Ip | undefined {
  if (CANONICAL_QUAD.test(raw)) return raw as Ip;
  const parsed = parse(raw);
  return parsed && (parsed.toString() as Ip);
}

/** The canonical network, or undefined if it is none. */
export function parseCidr(raw: string): Cidr | undefined {
  const slash = raw.indexOf('/');
  const address = slash > 0 ? parse(raw.slice(0, slash)) : undefined;
  const lengthText = raw.slice(slash + 1);
  if (!address || !/^\d{1,3}$/.test(lengthText)) return undefined;
  const length = Number(lengthText);
  const bytes = address.toByteArray();
  if (length > bytes.length * 8) return undefined;
  const network = bytes.map((byte, i) => byte & (0xff << Math.min(8, Math.max(0, 8 * (i + 1) - length))));
  return `${ipaddr.fromByteArray(network).toString()}/${length}` as Cidr;
}

export function ipFamilyOf(address: Ip | Cidr): IpFamily {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

/** The number of bits in an address of the family: 32 or 128. */
export function addressBits(family: IpFamily): 32 | 128 {
  return family === 'IPv4' ? 32 : 128;
}

/** The network of this one address: `/32` or `/128`. */
export function hostCidr(ip: Ip): Cidr {
  return `${ip}/${addressBits(ipFamilyOf(ip))}` as Cidr;
}

/** The address in network byte order: 4 or 16 bytes. */
export function ipBytes(ip: Ip): readonly number[] {
  return ipaddr.parse(ip).toByteArray();
}

/** True if the network contains the address; false when the families differ. */
export function cidrContains(cidr: Cidr, ip: Ip): boolean {
  const family = ipFamilyOf(ip);
  if (ipFamilyOf(cidr) !== family) return false;
  // The library's parser of either family tries IPv6 first, and throws and catches an error for each IPv4 network.
  const { [family]: Address } = ipaddr;
  return Address.parse(ip).match(Address.parseCIDR(cidr));
}

/** True for `0.0.0.0/0` and `::/0`. */
export function isZeroCidr(cidr: Cidr): boolean {
  return cidr.endsWith('/0');
}

export function isLoopback(ip: Ip): boolean {
  return ip.startsWith('127.') || ip === '::1';
}

/** True for the address that stands for all of a family. */
export function isUnspecified(ip: Ip): boolean {
  return ip === '0.0.0.0' || ip === '::';
}

/** `ip:port`, with brackets around an IPv6 address. */
export function joinHostPort(ip: Ip, port: number): string {
  return ipFamilyOf(ip) === 'IPv6' ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function parse(raw: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (DOTTED_QUAD.test(raw)) {
    const bytes = raw.split('.').map(Number);
    return bytes.every((byte) => byte <= 255) ? ipaddr.fromByteArray(bytes) : undefined;
  }
  if (!raw.includes(':') || raw.includes('%') || !ipaddr.IPv6.isValid(raw)) return undefined;
  const parsed = ipaddr.IPv6.parse(raw);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}
