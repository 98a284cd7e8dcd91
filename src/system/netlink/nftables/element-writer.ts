// Writes elements of sets and maps: as many as fit into one message. A hot path: a large cluster has some 100,000.
import type { MessageWriter } from '../message-writer.ts';
import { isPlainInterval, successor } from './interval.ts';
import {
  ELEM_INTERVAL_OPEN,
  NFT_SET_ELEM_INTERVAL_END,
  NFTA_DATA_VALUE,
  NFTA_LIST_ELEM,
  NFTA_SET_ELEM_DATA,
  NFTA_SET_ELEM_FLAGS,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_KEY_END,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  NFTA_SET_ELEM_USERDATA,
  UDATA_COMMENT,
  UDATA_ELEM_FLAGS,
} from './nfnetlink-nftables.ts';
import type { NftElement, NftSet } from './nft-set.ts';
import { textDatum, type UserDatum, u32Datum, userData } from './user-data.ts';

/** Of the 64 KiB that a list can have: an element takes less than the rest. */
const LIST_BYTES = 0xffff - 2048;

/**
 * Writes lists of elements, each between a `begin` and the end of a message: several when they do not fit into one, none when
 * there are none. To delete them, their keys are enough.
 */
export function writeElements(
  writer: MessageWriter,
  set: NftSet,
  elements: Iterable<NftElement>,
  { isDelete, begin }: { readonly isDelete: boolean; readonly begin: () => void },
): void {
  const isBounded = isPlainInterval(set);
  let limit = 0;
  for (const element of elements) {
    if (writer.length >= limit) {
      if (limit > 0) writer.end().end();
      begin();
      writer.beginNested(NFTA_SET_ELEM_LIST_ELEMENTS);
      limit = writer.length + LIST_BYTES;
    }
    if (isBounded) writeInterval(writer, element, isDelete);
    else writeElement(writer, set, element, isDelete);
  }
  if (limit > 0) writer.end().end();
}

function writeElement(writer: MessageWriter, set: NftSet, element: NftElement, isDelete: boolean): void {
  const { key, keyEnd = key } = element;
  writer.beginNested(NFTA_LIST_ELEM);
  writeBytes(writer, NFTA_SET_ELEM_KEY, key);
  if (set.isInterval) writeBytes(writer, NFTA_SET_ELEM_KEY_END, keyEnd);
  if (!isDelete) writeValue(writer, element);
  writer.end();
}

/** Two elements: the first key, and a mark at the first one beyond. The last interval of all has none. */
function writeInterval(writer: MessageWriter, element: NftElement, isDelete: boolean): void {
  const { key, keyEnd = key } = element;
  const beyond = successor(keyEnd);
  writer.beginNested(NFTA_LIST_ELEM);
  writeBytes(writer, NFTA_SET_ELEM_KEY, key);
  if (!isDelete) writeValue(writer, element, beyond === undefined ? ELEM_INTERVAL_OPEN : 0);
  writer.end();
  if (beyond === undefined) return;
  writer.beginNested(NFTA_LIST_ELEM).attributeBe32(NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
  writeBytes(writer, NFTA_SET_ELEM_KEY, beyond);
  writer.end();
}

function writeBytes(writer: MessageWriter, type: number, bytes: string): void {
  writer.beginNested(type).attributeLatin1(NFTA_DATA_VALUE, bytes).end();
}

function writeValue(writer: MessageWriter, { value, comment }: NftElement, flags = 0): void {
  if (value !== undefined) writeBytes(writer, NFTA_SET_ELEM_DATA, value);
  if (comment === undefined && !flags) return;
  const data: UserDatum[] = [];
  if (comment !== undefined) data.push(textDatum(UDATA_COMMENT, comment));
  if (flags) data.push(u32Datum(UDATA_ELEM_FLAGS, flags));
  writer.attribute(NFTA_SET_ELEM_USERDATA, userData(data));
}
