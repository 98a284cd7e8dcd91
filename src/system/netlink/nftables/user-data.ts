// User data: what nft keeps with an object and the kernel only stores. A list of values with a byte for the kind and a byte for
// the length, at most 256 bytes in all. Integers in it are in host byte order.
import { textOf } from '../message-reader.ts';
import { UDATA_COMMENT } from './nfnetlink-nftables.ts';

const MAX_BYTES = 256;
const MAX_VALUE_BYTES = 255;

/** A kind and its value. */
export type UserDatum = readonly [kind: number, value: Uint8Array];

/** Throws RangeError if it is too long for the kernel. */
export function userData(data: readonly UserDatum[]): Buffer {
  const parts = data.flatMap(([kind, value]) => {
    if (value.length > MAX_VALUE_BYTES) throw tooLong(value.length);
    return [Uint8Array.of(kind, value.length), value];
  });
  const bytes = Buffer.concat(parts);
  if (bytes.length > MAX_BYTES) throw tooLong(bytes.length);
  return bytes;
}

/** Text with the zero byte at its end that nft wants. */
export function textDatum(kind: number, text: string): UserDatum {
  return [kind, Buffer.from(`${text}\0`)];
}

export function u32Datum(kind: number, value: number): UserDatum {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return [kind, bytes];
}

/** The values by kind, views of the bytes. */
export function readUserData(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const values = new Map<number, Buffer>();
  for (let at = 0; at + 2 <= bytes.length; ) {
    const end = at + 2 + bytes.readUInt8(at + 1);
    if (end > bytes.length) break;
    values.set(bytes.readUInt8(at), bytes.subarray(at + 2, end));
    at = end;
  }
  return values;
}

/** undefined where there is none, or no user data at all. */
export function commentOf(bytes: Buffer | undefined, kind = UDATA_COMMENT): string | undefined {
  const comment = bytes && readUserData(bytes).get(kind);
  return comment && textOf(comment);
}

function tooLong(bytes: number): RangeError {
  return new RangeError(`user data of ${bytes} bytes, ${MAX_BYTES} are possible`);
}
