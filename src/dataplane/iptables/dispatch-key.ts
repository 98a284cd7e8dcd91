// Keys of the dispatch tries: address, protocol and port of a frontend as one string of digits of two bits each, and back
// from a prefix of such a string to the match of a rule and to a label for people.
import ipaddr from 'ipaddr.js';
import { addressBits, type Ip, type IpFamily, ipBytes } from '../../model/ip.ts';
import type { Protocol } from '../../model/names.ts';
import { destinationPort, words } from './rule-text.ts';

const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
const PORT_DIGITS = 8;

const DIGITS_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(4).padStart(4, '0'));

/** The key of a frontend; without an address for NodePorts, whose tries hold no addresses. */
export function dispatchKey(ip: Ip | undefined, protocol: Protocol, port: number): string {
  const address = ip
    ? ipBytes(ip)
        .map((byte) => DIGITS_OF_BYTE[byte])
        .join('')
    : '';
  return address + PROTOCOLS.indexOf(protocol) + port.toString(4).padStart(PORT_DIGITS, '0');
}

/** How many digits of a key are the address's. */
export function addressDigits(family: IpFamily): number {
  return addressBits(family) / 2;
}

/** A prefix of a key, taken apart. */
export interface DispatchPrefix {
  /** Empty when the prefix says nothing of the address, or the trie holds none. */
  readonly cidr: string;
  readonly protocol: Protocol | undefined;
  /** First and last port; undefined when the prefix holds all. */
  readonly ports: readonly [number, number] | undefined;
}

/** Takes apart a prefix of the keys of a trie whose keys begin with so many digits of address. */
export function parsePrefix(prefix: string, addressDigitCount: number): DispatchPrefix {
  const address = prefix.slice(0, addressDigitCount);
  const protocol = PROTOCOLS[Number(prefix[addressDigitCount] ?? Number.NaN)];
  const port = prefix.slice(addressDigitCount + 1);
  return {
    cidr: address && cidrOf(address, addressDigitCount),
    protocol,
    ports: port
      ? [Number.parseInt(port.padEnd(PORT_DIGITS, '0'), 4), Number.parseInt(port.padEnd(PORT_DIGITS, '3'), 4)]
      : undefined,
  };
}

/** The match for all packets whose key begins with the prefix; empty for all packets. */
export function matchOfPrefix({ cidr, protocol, ports }: DispatchPrefix): string {
  return words(
    cidr && `-d ${cidr}`,
    protocol && `-p ${protocol.toLowerCase()}`,
    protocol && ports && destinationPort(protocol, rangeText(ports, ':')),
  );
}

/** What people see in chain names: `10.96.0.0_14`, `10.96.0.1_tcp`, `tcp_30720-30735`, `any`. */
export function labelOfPrefix({ cidr, protocol, ports }: DispatchPrefix): string {
  const address = protocol ? cidr.replace(/\/.*/, '') : cidr.replace('/', '_');
  return (
    [address, protocol?.toLowerCase(), ports && rangeText(ports, '-')].filter(Boolean).join('_') || 'any'
  );
}

function rangeText([first, last]: readonly [number, number], separator: string): string {
  return first === last ? String(first) : `${first}${separator}${last}`;
}

function cidrOf(digits: string, addressDigitCount: number): string {
  const padded = digits.padEnd(addressDigitCount, '0');
  const bytes = Array.from({ length: addressDigitCount / 4 }, (_, i) =>
    Number.parseInt(padded.slice(4 * i, 4 * i + 4), 4),
  );
  return `${ipaddr.fromByteArray(bytes).toString()}/${digits.length * 2}`;
}
