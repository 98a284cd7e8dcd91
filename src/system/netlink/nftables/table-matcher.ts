// Tells the messages about one table from others, without reading more of them than that takes.
import { ATTRIBUTE_HEADER_BYTES } from '../message-reader.ts';
import { NFGENMSG_BYTES, NFPROTO } from './nfnetlink-nftables.ts';
import type { NftTable } from './nft-table.ts';

/**
 * Says whether the payload with these bounds is about the table. For all messages that begin with the name of a table: all that the
 * kernel sends, but those of the generation.
 */
export function tableMatcher({
  family,
  name,
}: NftTable): (bytes: Buffer, start: number, end: number) => boolean {
  const protocol = NFPROTO[family];
  const text = Buffer.from(`${name}\0`);
  return (bytes, start, end) => {
    const attribute = start + NFGENMSG_BYTES;
    const from = attribute + ATTRIBUTE_HEADER_BYTES;
    const to = from + text.length;
    if (to > end || bytes[start] !== protocol || bytes.readUInt16LE(attribute) !== to - attribute)
      return false;
    return text.compare(bytes, from, to) === 0;
  };
}
