// Keys of the dispatch tries: address, protocol and port of a frontend as one string of octal digits, and back
// from a prefix of such a string to the match of a rule and to a label for people.
import ipaddr from 'ipaddr.js';
import { addressBits, type Ip, type IpFamily, ipBytes, ipFamilyOf } from '../../model/ip.ts';
import type { Protocol } from '../../model/names.ts';
import { flatText } from '../../util/flat-text.ts';
import { destinationPort, words } from './rule-text.ts';

const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
/** Ports have 16 bits: the first shares a digit with the protocol, the others have five. */
const PORT_DIGITS = 5;
const HALF_OF_PORTS = 2 ** 15;

/**
 * The key of a frontend; without an address for NodePorts, whose tries hold no addresses. Octal: address (its first digit
 * has two bits, the others three), protocol and half of the ports, port within the half.
 */
export function dispatchKey(ip: Ip | undefined, protocol: Protocol, port: number): string {
  const half = port < HALF_OF_PORTS ? 0 : 1;
  const rest = (port % HALF_OF_PORTS).toString(8).padStart(PORT_DIGITS, '0');
  return flatText(ip ? addressKey(ip) : '', String(2 * PROTOCOLS.indexOf(protocol) + half), rest);
}

/** How many digits of a key are the address's. */
export function addressDigits(family: IpFamily): number {
  return (addressBits(family) + 1) / 3;
}

function addressKey(ip: Ip): string {
  const number = BigInt(`0x${Buffer.from(ipBytes(ip)).toString('hex')}`);
  return number.toString(8).padStart(addressDigits(ipFamilyOf(ip)), '0');
}

/** A prefix of a key, taken apart. */
export interface DispatchPrefix {
  /** Empty when the prefix says nothing of the address, or the trie holds none. */
  readonly cidr: string;
  /** undefined when the prefix holds all. */
  readonly ports: PortRange | undefined;
}

interface PortRange {
  readonly protocol: Protocol;
  readonly first: number;
  readonly last: number;
}

/** Takes apart a prefix of the keys of a trie whose keys begin with so many digits of address. */
export function parsePrefix(prefix: string, addressDigitCount: number): DispatchPrefix {
  const address = prefix.slice(0, addressDigitCount);
  return {
    cidr: address && cidrOf(address, addressDigitCount),
    ports: portsOf(prefix.slice(addressDigitCount)),
  };
}

function portsOf(digits: string): PortRange | undefined {
  const head = Number(digits[0]);
  const protocol = PROTOCOLS[head >> 1];
  if (digits === '' || !protocol) return undefined;
  const start = (head % 2) * HALF_OF_PORTS;
  const rest = digits.slice(1);
  return {
    protocol,
    first: start + Number.parseInt(rest.padEnd(PORT_DIGITS, '0'), 8),
    last: start + Number.parseInt(rest.padEnd(PORT_DIGITS, '7'), 8),
  };
}

/** The match for all packets whose key begins with the prefix; empty for all packets. */
export function matchOfPrefix({ cidr, ports }: DispatchPrefix): string {
  return words(
    cidr && `-d ${cidr}`,
    ports && `-p ${ports.protocol.toLowerCase()}`,
    ports && destinationPort(ports.protocol, rangeText(ports, ':')),
  );
}

/** What people see in chain names: `10.96.0.0_14`, `10.96.0.1_tcp_80-87`, `tcp_30720-30727`. */
export function labelOfPrefix({ cidr, ports }: DispatchPrefix): string {
  if (!ports) return cidr.replace('/', '_');
  const address = cidr.replace(/\/.*/, '');
  return [address, ports.protocol.toLowerCase(), rangeText(ports, '-')].filter(Boolean).join('_');
}

function rangeText({ first, last }: PortRange, separator: string): string {
  return first === last ? String(first) : `${first}${separator}${last}`;
}

function cidrOf(digits: string, addressDigitCount: number): string {
  const byteCount = (3 * addressDigitCount - 1) / 8;
  const number = BigInt(`0o${digits.padEnd(addressDigitCount, '0')}`);
  const bytes = Buffer.from(number.toString(16).padStart(2 * byteCount, '0'), 'hex');
  return `${ipaddr.fromByteArray([...bytes]).toString()}/${3 * digits.length - 1}`;
}
