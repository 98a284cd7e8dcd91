// What rules read of a packet, field by field. Fields that follow each other in registers are a key, as nft's `ip daddr . meta
// l4proto . th dport` is. Offsets are those of RFC 791, RFC 8200 and of the first four bytes that TCP, UDP and SCTP share.
import type { IpFamily } from '../../model/ip.ts';
import type { NftExpression, Register } from '../../system/netlink/nftables/nft-expression.ts';

export interface PacketField {
  /** How many registers of four bytes it takes. */
  readonly registers: number;
  readonly load: (to: Register) => readonly NftExpression[];
}

export type Key = readonly PacketField[];

export interface AddressFields {
  readonly source: PacketField;
  readonly destination: PacketField;
  /** All zeros, as nft's `ip daddr & 0.0.0.0`: the address that NodePorts have in keys. */
  readonly noDestination: PacketField;
  /** As the packet that opened the connection came, before any translation. */
  readonly originalSource: PacketField;
  readonly originalDestination: PacketField;
  readonly noOriginalDestination: PacketField;
}

export const PROTOCOL = fieldOf(1, (to) => ({ kind: 'meta', key: 'l4proto', to }));

/** `th dport` */
export const PORT = fieldOf(1, (to) => ({ kind: 'payload', base: 'transport', offset: 2, length: 2, to }));

export const ORIGINAL_PORT = fieldOf(1, (to) => ({ kind: 'ct-original', key: 'destination-port', to }));

/** Bytes from the start of the network header. */
export const ADDRESS_OFFSETS = {
  IPv4: { source: 12, destination: 16 },
  IPv6: { source: 8, destination: 24 },
} as const;

export const ADDRESS_FIELDS: { readonly [family in IpFamily]: AddressFields } = {
  IPv4: addressFields({
    bytes: 4,
    source: headerField({ offset: ADDRESS_OFFSETS.IPv4.source, bytes: 4 }),
    destination: headerField({ offset: ADDRESS_OFFSETS.IPv4.destination, bytes: 4 }),
    originalSource: fieldOf(1, (to) => ({ kind: 'ct-original', key: 'source-ipv4', to })),
    originalDestination: fieldOf(1, (to) => ({ kind: 'ct-original', key: 'destination-ipv4', to })),
  }),
  IPv6: addressFields({
    bytes: 16,
    source: headerField({ offset: ADDRESS_OFFSETS.IPv6.source, bytes: 16 }),
    destination: headerField({ offset: ADDRESS_OFFSETS.IPv6.destination, bytes: 16 }),
    originalSource: fieldOf(4, (to) => ({ kind: 'ct-original', key: 'source-ipv6', to })),
    originalDestination: fieldOf(4, (to) => ({ kind: 'ct-original', key: 'destination-ipv6', to })),
  }),
};

/** The key of a frontend that the packet is for: by its address, or as a NodePort by protocol and port alone. */
export function frontendKey(family: IpFamily, isNodePort: boolean): Key {
  const { destination, noDestination } = ADDRESS_FIELDS[family];
  return [isNodePort ? noDestination : destination, PROTOCOL, PORT];
}

/** The key of the frontend that the connection was for before its destination was translated. */
export function originalFrontendKey(family: IpFamily, isNodePort: boolean): Key {
  const { originalDestination, noOriginalDestination } = ADDRESS_FIELDS[family];
  return [isNodePort ? noOriginalDestination : originalDestination, PROTOCOL, ORIGINAL_PORT];
}

/** `numgen random mod size offset first`: one of `size` slots from `first` on. */
export function randomSlot(size: number, first: number): PacketField {
  return fieldOf(1, (to) => ({ kind: 'random', modulus: size, offset: first, to }));
}

export function loadKey(key: Key, first: Register = 0): readonly NftExpression[] {
  let next = first;
  return key.flatMap(({ load, registers }) => {
    const to = next;
    next += registers;
    return load(to);
  });
}

export function registersOf(key: Key): number {
  return key.reduce((sum, { registers }) => sum + registers, 0);
}

function addressFields(
  fields: Omit<AddressFields, 'noDestination' | 'noOriginalDestination'> & { readonly bytes: number },
): AddressFields {
  const { bytes, source, destination, originalSource, originalDestination } = fields;
  return {
    source,
    destination,
    noDestination: zeroed(destination, bytes),
    originalSource,
    originalDestination,
    noOriginalDestination: zeroed(originalDestination, bytes),
  };
}

function headerField({ offset, bytes }: { readonly offset: number; readonly bytes: number }): PacketField {
  return fieldOf(bytes / 4, (to) => ({ kind: 'payload', base: 'network', offset, length: bytes, to }));
}

function zeroed({ registers, load }: PacketField, bytes: number): PacketField {
  const zero = new Uint8Array(bytes);
  return {
    registers,
    load: (to) => [...load(to), { kind: 'bitwise', from: to, to, mask: zero, xor: zero }],
  };
}

function fieldOf(registers: number, load: (to: Register) => NftExpression): PacketField {
  return { registers, load: (to) => [load(to)] };
}
