// Fields of keys and data as the bytes that the kernel has. A hot path: a large cluster has some 100,000 elements, and each address is
// read from its text here.
import { type Cidr, type Ip, type IpFamily, ipFamilyOf } from '../../model/ip.ts';
import type { Protocol } from '../../model/names.ts';
import { flatText } from '../../util/flat-text.ts';
import type { Packed } from './element.ts';

/** One after the other, as in a concatenation. */
export function pack(...fields: readonly Packed[]): Packed {
  return flatText(...fields) as Packed;
}

/** Four or sixteen bytes. */
export function packIp(ip: Ip): Packed {
  return ipFamilyOf(ip) === 'IPv4' ? packIpv4(ip) : packIpv6(ip);
}

/** The address that stands for any, as in the keys of NodePorts. */
export function zeroAddress(family: IpFamily): Packed {
  return (family === 'IPv4' ? '\0'.repeat(4) : '\0'.repeat(16)) as Packed;
}

/** The first and the last address of the network. */
export function packCidr(cidr: Cidr): { readonly first: Packed; readonly last: Packed } {
  const [address = '', length] = cidr.split('/');
  const first = packIp(address as Ip);
  const last = Array.from(first, (byte, i) => {
    const hostBits = Math.min(8, Math.max(0, 8 * (i + 1) - Number(length)));
    return byte.charCodeAt(0) | (2 ** hostBits - 1);
  });
  return { first, last: String.fromCharCode(...last) as Packed };
}

const PROTOCOL_NUMBERS: Readonly<Record<Protocol, number>> = { TCP: 6, UDP: 17, SCTP: 132 };

export function packProtocol(protocol: Protocol): Packed {
  return String.fromCharCode(PROTOCOL_NUMBERS[protocol], 0, 0, 0) as Packed;
}

/** A cluster has few different ports, and as many elements with one of them as it has endpoints. */
const packedPorts = new Map<number, Packed>();

export function packPort(port: number): Packed {
  const known = packedPorts.get(port);
  if (known !== undefined) return known;
  const packed = String.fromCharCode(port >> 8, port & 0xff, 0, 0) as Packed;
  packedPorts.set(port, packed);
  return packed;
}

/** In the byte order of the machine, as `numgen` gives it: little-endian, as on amd64 and arm64. */
export function packSlot(slot: number): Packed {
  return String.fromCharCode(slot & 0xff, (slot >> 8) & 0xff, (slot >> 16) & 0xff, slot >>> 24) as Packed;
}

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;
const A_LESS_TEN = 0x61 - 10;

/** Canonical text, so nothing has to be checked. */
function packIpv4(ip: Ip): Packed {
  let address = 0;
  let byte = 0;
  for (let i = 0; i < ip.length; i++) {
    const code = ip.charCodeAt(i);
    if (code === DOT) {
      address = (address << 8) | byte;
      byte = 0;
    } else byte = byte * 10 + code - ZERO;
  }
  return String.fromCharCode((address >> 16) & 0xff, (address >> 8) & 0xff, address & 0xff, byte) as Packed;
}

/** Canonical text (RFC 5952): groups of lower-case hexadecimal digits, `::` at most once. */
function packIpv6(ip: Ip): Packed {
  const gap = ip.indexOf('::');
  if (gap < 0) return packGroups(ip);
  const head = packGroups(ip.slice(0, gap));
  const tail = packGroups(ip.slice(gap + 2));
  return flatText(head, '\0'.repeat(16 - head.length - tail.length), tail) as Packed;
}

function packGroups(text: string): Packed {
  if (text === '') return '' as Packed;
  const bytes: number[] = [];
  let group = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : COLON;
    if (code === COLON) {
      bytes.push(group >> 8, group & 0xff);
      group = 0;
    } else group = group * 16 + code - (code < COLON ? ZERO : A_LESS_TEN);
  }
  return String.fromCharCode(...bytes) as Packed;
}
