// The parts of rules that look at a packet, as nft 1.0.6 would compile them. Each ends the rule unless it matches.
import { addressBits, type Cidr, type Ip, ipBytes, ipFamilyOf } from '../../model/ip.ts';
import type { NftExpression } from '../../system/netlink/nftables/nft-expression.ts';
import { hostOrder } from './host-order.ts';
import { ADDRESS_OFFSETS, loadKey, PORT, PROTOCOL } from './packet-field.ts';
import type { RulePart } from './rule.ts';

export type Operator = 'equal' | 'not-equal';

/** NF_CT_STATE_BIT of enum ip_conntrack_info, and IPS_DST_NAT. */
const CT_STATE_BITS = { established: 2, related: 4, new: 8 };
const CT_STATUS_DNAT = 0x20;

/** Every base chain that sees all packets begins with this, so an established connection costs one test there. */
export const CT_STATE_NEW: RulePart = ctBits('state', CT_STATE_BITS.new, 'not-equal');

/** `ct state ! established,related` */
export const CT_STATE_UNKNOWN: RulePart = ctBits(
  'state',
  CT_STATE_BITS.established | CT_STATE_BITS.related,
  'equal',
);

/** `ct status dnat`: somebody translated the destination, if not us. */
export const CT_STATUS_TRANSLATED: RulePart = ctBits('status', CT_STATUS_DNAT, 'not-equal');

/** `ct status ! dnat` */
export const CT_STATUS_NOT_TRANSLATED: RulePart = ctBits('status', CT_STATUS_DNAT, 'equal');

function ctBits(key: 'state' | 'status', bits: number, operator: Operator): RulePart {
  return [{ kind: 'ct', key, to: 0 }, ...compareBits(bits, operator)];
}

/** `meta mark & bit != 0` */
export function hasMark(bit: number): RulePart {
  return [{ kind: 'meta', key: 'mark', to: 0 }, ...compareBits(bit, 'not-equal')];
}

/** `tcp dport != 0` for protocol 6: nothing but a match of the protocol, in words that nft reads again. */
export function hasProtocol(protocol: number): RulePart {
  return [
    ...loadKey([PROTOCOL]),
    { kind: 'compare', from: 0, operator: 'equal', value: Uint8Array.of(protocol) },
    ...loadKey([PORT]),
    { kind: 'compare', from: 0, operator: 'not-equal', value: new Uint8Array(2) },
  ];
}

const RTN_LOCAL = 2;

/** `fib saddr type local`: an address of this node. */
export function isLocalAddress(of: 'source' | 'destination'): RulePart {
  return [
    { kind: 'fib-type', of, to: 0 },
    { kind: 'compare', from: 0, operator: 'equal', value: hostOrder(RTN_LOCAL) },
  ];
}

const IFNAMSIZ = 16;

/** `iifname "name"`, false for what the node itself sends. */
export function inputInterface(name: string, operator: Operator): RulePart {
  const padded = new Uint8Array(IFNAMSIZ);
  padded.set(new TextEncoder().encode(name));
  return compareInputInterface(padded, operator);
}

/** `iifname "prefix*"` */
export function inputInterfacePrefix(prefix: string, operator: Operator): RulePart {
  return compareInputInterface(new TextEncoder().encode(prefix), operator);
}

function compareInputInterface(value: Uint8Array, operator: Operator): RulePart {
  return [
    { kind: 'meta', key: 'iifname', to: 0 },
    { kind: 'compare', from: 0, operator, value },
  ];
}

/** `ip saddr cidr`. Loads no more bytes than it compares where the prefix ends with a byte, as nft does. */
export function hasPrefix(of: 'source' | 'destination', cidr: Cidr, operator: Operator): RulePart {
  const family = ipFamilyOf(cidr);
  const [address, prefixLength] = splitCidr(cidr);
  const isWholeBytes = prefixLength % 8 === 0 && prefixLength > 0;
  const length = isWholeBytes ? prefixLength / 8 : addressBits(family) / 8;
  return [
    { kind: 'payload', base: 'network', offset: ADDRESS_OFFSETS[family][of], length, to: 0 },
    ...(isWholeBytes ? [] : [maskPrefix(prefixLength, length)]),
    { kind: 'compare', from: 0, operator, value: Uint8Array.from(ipBytes(address)).subarray(0, length) },
  ];
}

function splitCidr(cidr: Cidr): [Ip, number] {
  const slash = cidr.indexOf('/');
  return [cidr.slice(0, slash) as Ip, Number(cidr.slice(slash + 1))];
}

function maskPrefix(prefixLength: number, bytes: number): NftExpression {
  const mask = Uint8Array.from({ length: bytes }, (_, i) => {
    const bits = Math.min(8, Math.max(0, prefixLength - 8 * i));
    return 0xff00 >> bits;
  });
  return { kind: 'bitwise', from: 0, to: 0, mask, xor: new Uint8Array(bytes) };
}

function compareBits(bits: number, operator: Operator): RulePart {
  return [
    { kind: 'bitwise', from: 0, to: 0, mask: hostOrder(bits), xor: hostOrder(0) },
    { kind: 'compare', from: 0, operator, value: hostOrder(0) },
  ];
}
