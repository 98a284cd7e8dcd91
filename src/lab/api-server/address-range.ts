// Addresses of a network as numbers, to hand out the ones that are free.
import ipaddr from 'ipaddr.js';
import { addressBits, type Cidr, type Ip, ipBytes, ipFamilyOf } from '../../model/ip.ts';

export interface AddressRange {
  readonly cidr: Cidr;
  readonly network: bigint;
  /** How many addresses may be handed out; they start at the network's own address + 1. */
  readonly size: bigint;
}

/** The addresses without the network's own and, in IPv4, without the broadcast address. */
export function addressRange(cidr: Cidr): AddressRange {
  const [network = '', length = ''] = cidr.split('/');
  const family = ipFamilyOf(cidr);
  const all = 1n << BigInt(addressBits(family) - Number(length));
  return { cidr, network: numberOf(network as Ip), size: all - (family === 'IPv4' ? 2n : 1n) };
}

/** The address with this index, from 0. */
export function addressAt({ cidr, network }: AddressRange, index: bigint): Ip {
  const byteCount = addressBits(ipFamilyOf(cidr)) / 8;
  const value = network + index + 1n;
  const bytes = Array.from({ length: byteCount }, (_, i) =>
    Number((value >> BigInt(8 * (byteCount - 1 - i))) & 255n),
  );
  return ipaddr.fromByteArray(bytes).toString() as Ip;
}

export function isInRange({ network, size }: AddressRange, ip: Ip): boolean {
  const index = numberOf(ip) - network - 1n;
  return index >= 0n && index < size;
}

/**
 * How many addresses at the start are left to those who ask for certain ones, so that they are rarely taken: a sixteenth,
 * at least 16 and at most 256 (KEP-3070).
 */
export function staticBandSize({ size }: AddressRange): bigint {
  if (size < 16n) return 0n;
  const sixteenth = size / 16n;
  return sixteenth < 16n ? 16n : sixteenth > 256n ? 256n : sixteenth;
}

function numberOf(ip: Ip): bigint {
  return ipBytes(ip).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
