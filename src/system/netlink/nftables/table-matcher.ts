// Tells the messages about one table from others, without reading more of them than that takes.
import { ATTRIBUTE_HEADER_BYTES } from '../message-reader.ts';
import { NFGENMSG_BYTES, NFPROTO } from './nfnetlink-nftables.ts';
import type { NftTable } from './nft-table.ts';

/** For all messages that begin with the name of a table: all that the kernel sends, but those of the generation. */
export function tableMatcher({ family, name }: NftTable): (message: Buffer) => boolean {
  const protocol = NFPROTO[family];
  const text = Buffer.from(`${name}\0`);
  const start = NFGENMSG_BYTES + ATTRIBUTE_HEADER_BYTES;
  return (message) =>
    message[0] === protocol &&
    message.length >= start + text.length &&
    message.readUInt16LE(NFGENMSG_BYTES) === ATTRIBUTE_HEADER_BYTES + text.length &&
    text.compare(message, start, start + text.length) === 0;
}
