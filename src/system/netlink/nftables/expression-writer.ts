// Writes the expressions of rules as attributes, as nft encodes them. The numbers are those of
// linux/netfilter/nf_tables.h; each expression has attributes of its own.
import type { MessageWriter } from '../message-writer.ts';
import { NFPROTO, NFTA_DATA_VALUE, NFTA_LIST_ELEM } from './nfnetlink-nftables.ts';
import type { NftExpression, Register } from './nft-expression.ts';
import type { NftTable } from './nft-table.ts';
import { writeVerdict } from './verdict.ts';

type Expression<Kind extends NftExpression['kind']> = Extract<NftExpression, { readonly kind: Kind }>;

const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
const NFT_REG_VERDICT = 0;
/** Registers of four bytes are numbered from here on (NFT_REG32_00). */
const FIRST_REGISTER = 8;

const PAYLOAD_BASES = { network: 1, transport: 2 } as const;
const META_KEYS = { mark: 3, iifname: 6, l4proto: 16 } as const;
const CT_KEYS = { state: 0, status: 2 } as const;
/** With the address of one family each, which needs no more than the tuple. */
const CT_TUPLE_KEYS = {
  'destination-port': 12,
  'source-ipv4': 19,
  'destination-ipv4': 20,
  'source-ipv6': 21,
  'destination-ipv6': 22,
} as const;
const IP_CT_DIR_ORIGINAL = 0;
const NFT_NG_RANDOM = 1;
const COMPARISONS = { equal: 0, 'not-equal': 1 } as const;
const NFT_LOOKUP_F_INV = 1;
const NFT_NAT_DNAT = 1;
const NF_NAT_RANGE_PROTO_RANDOM_FULLY = 0x10;
const NFT_REJECT_ICMP_UNREACH = 0;
/** Port unreachable, in ICMP and in ICMPv6. */
const PORT_UNREACHABLE = { IPv4: 3, IPv6: 4 } as const;
const NFT_FIB_RESULT_ADDRTYPE = 3;
const FIB_FLAGS = { source: 1, destination: 2 } as const;
const NFT_DYNSET_OP_UPDATE = 1;

type Write<Kind extends NftExpression['kind']> = (
  writer: MessageWriter,
  expression: Expression<Kind>,
  family: NftTable['family'],
) => MessageWriter;

/** As an element of NFTA_RULE_EXPRESSIONS, for a table of the family. */
export function writeExpression(
  writer: MessageWriter,
  family: NftTable['family'],
  expression: NftExpression,
): void {
  // Which expression a writer takes is what it is found by.
  const [name, write] = WRITERS[expression.kind] as readonly [string, Write<NftExpression['kind']>];
  writer.beginNested(NFTA_LIST_ELEM).attributeString(NFTA_EXPR_NAME, name);
  write(writer.beginNested(NFTA_EXPR_DATA), expression, family).end().end();
}

/** The kernel's names, and what writes the rest. */
const WRITERS: { readonly [Kind in NftExpression['kind']]: readonly [name: string, write: Write<Kind>] } = {
  payload: ['payload', writePayload],
  meta: ['meta', writeMeta],
  'set-mark': ['meta', writeSetMark],
  ct: ['ct', writeCt],
  'ct-original': ['ct', writeCtOriginal],
  random: ['numgen', writeRandom],
  bitwise: ['bitwise', writeBitwise],
  compare: ['cmp', writeCompare],
  lookup: ['lookup', writeLookup],
  verdict: ['immediate', writeImmediate],
  dnat: ['nat', writeDnat],
  masquerade: ['masq', writeMasquerade],
  reject: ['reject', writeReject],
  'fib-type': ['fib', writeFibType],
  counter: ['counter', (writer) => writer],
  learn: ['dynset', writeLearn],
};

const NFTA_PAYLOAD = { DREG: 1, BASE: 2, OFFSET: 3, LEN: 4 } as const;

function writePayload(
  writer: MessageWriter,
  { base, offset, length, to }: Expression<'payload'>,
): MessageWriter {
  return register(writer, NFTA_PAYLOAD.DREG, to)
    .attributeBe32(NFTA_PAYLOAD.BASE, PAYLOAD_BASES[base])
    .attributeBe32(NFTA_PAYLOAD.OFFSET, offset)
    .attributeBe32(NFTA_PAYLOAD.LEN, length);
}

const NFTA_META = { DREG: 1, KEY: 2, SREG: 3 } as const;

function writeMeta(writer: MessageWriter, { key, to }: Expression<'meta'>): MessageWriter {
  return register(writer, NFTA_META.DREG, to).attributeBe32(NFTA_META.KEY, META_KEYS[key]);
}

function writeSetMark(writer: MessageWriter, { from }: Expression<'set-mark'>): MessageWriter {
  return register(writer, NFTA_META.SREG, from).attributeBe32(NFTA_META.KEY, META_KEYS.mark);
}

const NFTA_CT = { DREG: 1, KEY: 2, DIRECTION: 3 } as const;

function writeCt(writer: MessageWriter, { key, to }: Expression<'ct'>): MessageWriter {
  return register(writer, NFTA_CT.DREG, to).attributeBe32(NFTA_CT.KEY, CT_KEYS[key]);
}

function writeCtOriginal(writer: MessageWriter, { key, to }: Expression<'ct-original'>): MessageWriter {
  return register(writer, NFTA_CT.DREG, to)
    .attributeBe32(NFTA_CT.KEY, CT_TUPLE_KEYS[key])
    .attributeU8(NFTA_CT.DIRECTION, IP_CT_DIR_ORIGINAL);
}

const NFTA_NG = { DREG: 1, MODULUS: 2, TYPE: 3, OFFSET: 4 } as const;

function writeRandom(writer: MessageWriter, { modulus, offset, to }: Expression<'random'>): MessageWriter {
  return register(writer, NFTA_NG.DREG, to)
    .attributeBe32(NFTA_NG.MODULUS, modulus)
    .attributeBe32(NFTA_NG.TYPE, NFT_NG_RANDOM)
    .attributeBe32(NFTA_NG.OFFSET, offset);
}

const NFTA_BITWISE = { SREG: 1, DREG: 2, LEN: 3, MASK: 4, XOR: 5 } as const;

function writeBitwise(writer: MessageWriter, { from, to, mask, xor }: Expression<'bitwise'>): MessageWriter {
  register(writer, NFTA_BITWISE.SREG, from);
  register(writer, NFTA_BITWISE.DREG, to).attributeBe32(NFTA_BITWISE.LEN, mask.length);
  return data(data(writer, NFTA_BITWISE.MASK, mask), NFTA_BITWISE.XOR, xor);
}

const NFTA_CMP = { SREG: 1, OP: 2, DATA: 3 } as const;

function writeCompare(
  writer: MessageWriter,
  { from, operator, value }: Expression<'compare'>,
): MessageWriter {
  register(writer, NFTA_CMP.SREG, from).attributeBe32(NFTA_CMP.OP, COMPARISONS[operator]);
  return data(writer, NFTA_CMP.DATA, value);
}

const NFTA_LOOKUP = { SET: 1, SREG: 2, DREG: 3, FLAGS: 5 } as const;

function writeLookup(
  writer: MessageWriter,
  { set, from, to, isInverted }: Expression<'lookup'>,
): MessageWriter {
  register(writer.attributeString(NFTA_LOOKUP.SET, set), NFTA_LOOKUP.SREG, from);
  if (to !== undefined) register(writer, NFTA_LOOKUP.DREG, to);
  return isInverted ? writer.attributeBe32(NFTA_LOOKUP.FLAGS, NFT_LOOKUP_F_INV) : writer;
}

const NFTA_IMMEDIATE = { DREG: 1, DATA: 2 } as const;

function writeImmediate(writer: MessageWriter, { verdict }: Expression<'verdict'>): MessageWriter {
  writer.attributeBe32(NFTA_IMMEDIATE.DREG, NFT_REG_VERDICT).beginNested(NFTA_IMMEDIATE.DATA);
  writeVerdict(writer, verdict);
  return writer.end();
}

const NFTA_NAT = { TYPE: 1, FAMILY: 2, REG_ADDR_MIN: 3, REG_PROTO_MIN: 5 } as const;

/** The kernel takes the minimum for the maximum where there is none. */
function writeDnat(writer: MessageWriter, { family, address, port }: Expression<'dnat'>): MessageWriter {
  writer.attributeBe32(NFTA_NAT.TYPE, NFT_NAT_DNAT).attributeBe32(NFTA_NAT.FAMILY, NFPROTO[family]);
  return register(register(writer, NFTA_NAT.REG_ADDR_MIN, address), NFTA_NAT.REG_PROTO_MIN, port);
}

const NFTA_MASQ = { FLAGS: 1 } as const;

function writeMasquerade(writer: MessageWriter): MessageWriter {
  return writer.attributeBe32(NFTA_MASQ.FLAGS, NF_NAT_RANGE_PROTO_RANDOM_FULLY);
}

const NFTA_REJECT = { TYPE: 1, ICMP_CODE: 2 } as const;

function writeReject(
  writer: MessageWriter,
  _: Expression<'reject'>,
  family: NftTable['family'],
): MessageWriter {
  return writer
    .attributeBe32(NFTA_REJECT.TYPE, NFT_REJECT_ICMP_UNREACH)
    .attributeU8(NFTA_REJECT.ICMP_CODE, PORT_UNREACHABLE[family]);
}

const NFTA_FIB = { DREG: 1, RESULT: 2, FLAGS: 3 } as const;

function writeFibType(writer: MessageWriter, { of, to }: Expression<'fib-type'>): MessageWriter {
  return register(writer, NFTA_FIB.DREG, to)
    .attributeBe32(NFTA_FIB.RESULT, NFT_FIB_RESULT_ADDRTYPE)
    .attributeBe32(NFTA_FIB.FLAGS, FIB_FLAGS[of]);
}

const NFTA_DYNSET = { SET_NAME: 1, OP: 3, SREG_KEY: 4, SREG_DATA: 5, TIMEOUT: 6 } as const;

function writeLearn(
  writer: MessageWriter,
  { set, key, data: value, timeoutMs }: Expression<'learn'>,
): MessageWriter {
  writer.attributeString(NFTA_DYNSET.SET_NAME, set).attributeBe32(NFTA_DYNSET.OP, NFT_DYNSET_OP_UPDATE);
  register(register(writer, NFTA_DYNSET.SREG_KEY, key), NFTA_DYNSET.SREG_DATA, value);
  return writer.attributeBe64(NFTA_DYNSET.TIMEOUT, BigInt(timeoutMs));
}

function register(writer: MessageWriter, type: number, number: Register): MessageWriter {
  return writer.attributeBe32(type, FIRST_REGISTER + number);
}

function data(writer: MessageWriter, type: number, bytes: Uint8Array): MessageWriter {
  return writer.beginNested(type).attribute(NFTA_DATA_VALUE, bytes).end();
}
