// Sets and maps of nf_tables and their elements, as their writer takes them and their reader gives them back. Pure data.

/**
 * What a part of a key or of data is. In elements an address has 4 or 16 bytes; protocol, port and number have one, two and four,
 * and take four in a concatenation. Addresses and ports are in network byte order, a number is in that of the machine (what
 * `numgen` gives).
 */
export type NftFieldType = 'ipv4-address' | 'ipv6-address' | 'protocol' | 'port' | 'number';

export interface NftSet {
  readonly name: string;
  /** Shown by `nft list`; at most 127 bytes of UTF-8, 72 when the key has a number. */
  readonly comment?: string;
  /** More than one field: a concatenation. */
  readonly key: readonly NftFieldType[];
  /** What a map has for a key; undefined for a set. */
  readonly value?: readonly NftFieldType[];
  /** Keys are ranges; several fields in one key each have a range of their own. */
  readonly isInterval?: boolean;
  /** Packets add elements, and elements expire. */
  readonly isDynamic?: boolean;
  /** The number of elements that packets can add. */
  readonly size?: number;
}

/**
 * An element. Strings are bytes, one character (0 to 255) for each, as nf_tables has them: fields padded to four bytes if there are
 * several.
 */
export interface NftElement {
  readonly key: string;
  /** Of sets of intervals: the last key that belongs to it, inclusive. Without it the interval is the key alone. */
  readonly keyEnd?: string;
  readonly value?: string;
  /** At most 127 bytes of UTF-8. */
  readonly comment?: string;
}
