// What nf_tables and nft know of a set beyond its elements: numbers of types, lengths, flags. nft keeps in user data what its
// types do not say: byte orders, and the expressions of which a key is made when one of them has no named type.
import {
  NFT_SET_CONCAT,
  NFT_SET_EVAL,
  NFT_SET_INTERVAL,
  NFT_SET_MAP,
  NFT_SET_TIMEOUT,
  UDATA_SET_COMMENT,
  UDATA_SET_DATA_INTERVAL,
  UDATA_SET_DATA_TYPEOF,
  UDATA_SET_DATABYTEORDER,
  UDATA_SET_KEY_TYPEOF,
  UDATA_SET_KEYBYTEORDER,
  UDATA_SET_TYPEOF_DATA,
  UDATA_SET_TYPEOF_EXPR,
} from './nfnetlink-nftables.ts';
import type { NftFieldType, NftSet } from './nft-set.ts';
import { textDatum, type UserDatum, u32Datum, userData } from './user-data.ts';

/** What the kernel is told of keys or data. */
export interface DataType {
  /** nft's number. The kernel only keeps it. */
  readonly number: number;
  readonly bytes: number;
}

interface FieldType {
  /** nft's number (datatype.h). */
  readonly number: number;
  readonly bytes: number;
  /** nft's BYTEORDER_…. */
  readonly byteOrder: number;
  /** nft's expression (EXPR_…) with this type, and what it keeps of it. */
  readonly expression: readonly [kind: number, ...properties: number[]];
}

const BYTEORDER_INVALID = 0;
const BYTEORDER_HOST = 1;
const BYTEORDER_BIG_ENDIAN = 2;
const EXPR_PAYLOAD = 7;
const EXPR_META = 9;
const EXPR_CONCAT = 13;
const EXPR_NUMGEN = 23;
/** Any modulus: it limits nothing. */
const MODULUS = 16;

const FIELD_TYPES: Readonly<Record<NftFieldType, FieldType>> = {
  // `ip daddr`: header and field, by nft's numbers.
  'ipv4-address': {
    number: 7,
    bytes: 4,
    byteOrder: BYTEORDER_BIG_ENDIAN,
    expression: [EXPR_PAYLOAD, 12, 12],
  },
  // `ip6 daddr`.
  'ipv6-address': {
    number: 8,
    bytes: 16,
    byteOrder: BYTEORDER_BIG_ENDIAN,
    expression: [EXPR_PAYLOAD, 13, 9],
  },
  // `meta l4proto`.
  protocol: { number: 12, bytes: 1, byteOrder: BYTEORDER_INVALID, expression: [EXPR_META, 16] },
  // `th dport`.
  port: { number: 13, bytes: 2, byteOrder: BYTEORDER_BIG_ENDIAN, expression: [EXPR_PAYLOAD, 11, 2] },
  // `numgen random mod 16`: kind, modulus, offset.
  number: { number: 4, bytes: 4, byteOrder: BYTEORDER_HOST, expression: [EXPR_NUMGEN, 1, MODULUS, 0] },
};

/** Each type of a concatenation takes so many bits of its number. */
const TYPE_BITS = 6;
const REGISTER_BYTES = 4;

/** Kind, types and lengths of a set: sets with one shape differ in names, comments, sizes and elements only. */
export function setShape(set: NftSet): string {
  return shapeOf(setFlags(set), keyType(set), valueType(set));
}

export function shapeOf(flags: number, key: DataType, value: DataType | undefined): string {
  const shape = `flags ${flags} key ${key.number}/${key.bytes}`;
  return value ? `${shape} value ${value.number}/${value.bytes}` : shape;
}

export function setFlags({ key, value, isInterval, isDynamic }: NftSet): number {
  return (
    (value ? NFT_SET_MAP : 0) |
    (isInterval ? NFT_SET_INTERVAL : 0) |
    (isInterval && key.length > 1 ? NFT_SET_CONCAT : 0) |
    (isDynamic ? NFT_SET_EVAL | NFT_SET_TIMEOUT : 0)
  );
}

export function keyType({ key }: NftSet): DataType {
  return concatenation(key);
}

/** undefined of sets. */
export function valueType({ value }: NftSet): DataType | undefined {
  return value && concatenation(value);
}

/** The lengths of the fields of a concatenation, as they are compared. */
export function fieldLengths(fields: readonly NftFieldType[]): number[] {
  return fields.map((field) => FIELD_TYPES[field].bytes);
}

/** As nft writes it: `nft list` prints the types of keys and data by it. Throws RangeError if the comment is too long. */
export function setUserData({ key, value, comment }: NftSet): Buffer {
  const isTypeof = key.includes('number');
  const data = [
    u32Datum(UDATA_SET_KEYBYTEORDER, byteOrder(key)),
    ...(value ? [u32Datum(UDATA_SET_DATABYTEORDER, byteOrder(value))] : []),
    ...expressionData(UDATA_SET_KEY_TYPEOF, key, isTypeof),
    ...(value ? expressionData(UDATA_SET_DATA_TYPEOF, value, isTypeof) : []),
    ...(value ? [u32Datum(UDATA_SET_DATA_INTERVAL, 0)] : []),
    ...(comment === undefined ? [] : [textDatum(UDATA_SET_COMMENT, comment)]),
  ];
  return userData(data);
}

function concatenation(fields: readonly NftFieldType[]): DataType {
  const types = fields.map((field) => FIELD_TYPES[field]);
  const [first] = types;
  if (types.length === 1 && first) return { number: first.number, bytes: first.bytes };
  return {
    number: types.reduce((number, type) => (number << TYPE_BITS) | type.number, 0),
    bytes: types.reduce((bytes, type) => bytes + Math.max(type.bytes, REGISTER_BYTES), 0),
  };
}

function byteOrder(fields: readonly NftFieldType[]): number {
  const [first] = fields;
  return fields.length === 1 && first ? FIELD_TYPES[first].byteOrder : BYTEORDER_INVALID;
}

/** A concatenation of named types is noted without its parts, one named type not at all. */
function expressionData(kind: number, fields: readonly NftFieldType[], isTypeof: boolean): UserDatum[] {
  const [first] = fields;
  if (fields.length === 1 && first) return isTypeof ? [[kind, expression(FIELD_TYPES[first])]] : [];
  const parts = isTypeof ? fields.map((field, i): UserDatum => [i, expression(FIELD_TYPES[field])]) : [];
  return [[kind, expressionOf(EXPR_CONCAT, userData(parts))]];
}

function expression({ expression: [kind, ...properties] }: FieldType): Buffer {
  return expressionOf(kind, userData(properties.map((property, i) => u32Datum(i, property))));
}

function expressionOf(kind: number, data: Buffer): Buffer {
  return userData([u32Datum(UDATA_SET_TYPEOF_EXPR, kind), [UDATA_SET_TYPEOF_DATA, data]]);
}
