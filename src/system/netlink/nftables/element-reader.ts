// Reads the elements of a set as the kernel tells of them. A hot path: a large cluster has some 100,000.
import { ATTRIBUTE_HEADER_BYTES, forEachAttribute } from '../message-reader.ts';
import type { Boundary } from './interval.ts';
import {
  NFGENMSG_BYTES,
  NFT_SET_ELEM_INTERVAL_END,
  NFTA_SET_ELEM_DATA,
  NFTA_SET_ELEM_FLAGS,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_KEY_END,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  NFTA_SET_ELEM_USERDATA,
} from './nfnetlink-nftables.ts';
import type { NftSet } from './nft-set.ts';
import { commentOf } from './user-data.ts';
import { verdictTextAt } from './verdict.ts';

/** Adds the elements in a message to others. */
export function readElements(message: Buffer, set: NftSet, elements: Boundary[]): void {
  const isVerdict = set.value === 'verdict';
  forEachAttribute(message, NFGENMSG_BYTES, message.length, (type, start, end) => {
    if (type !== NFTA_SET_ELEM_LIST_ELEMENTS) return;
    forEachAttribute(message, start, end, (_, from, to) => {
      elements.push(elementAt(message, from, to, isVerdict));
    });
  });
}

type Draft = { -readonly [Name in keyof Boundary]: Boundary[Name] };

function elementAt(message: Buffer, start: number, end: number, isVerdict: boolean): Boundary {
  const element: Draft = { key: '' };
  forEachAttribute(message, start, end, (type, from, to) => {
    if (type === NFTA_SET_ELEM_KEY) element.key = bytesAt(message, from);
    else if (type === NFTA_SET_ELEM_KEY_END) element.keyEnd = bytesAt(message, from);
    else if (type === NFTA_SET_ELEM_DATA) readValue(element, message, from, to, isVerdict);
    else if (type === NFTA_SET_ELEM_USERDATA) readComment(element, message.subarray(from, to));
    else if (type === NFTA_SET_ELEM_FLAGS) readFlags(element, message.readUInt32BE(from));
  });
  return element;
}

function readValue(element: Draft, message: Buffer, start: number, end: number, isVerdict: boolean): void {
  const value = isVerdict ? verdictTextAt(message, start, end) : bytesAt(message, start);
  if (value !== undefined) element.value = value;
}

function readComment(element: Draft, data: Buffer): void {
  const comment = commentOf(data);
  if (comment !== undefined) element.comment = comment;
}

function readFlags(element: Draft, flags: number): void {
  if (flags & NFT_SET_ELEM_INTERVAL_END) element.isEnd = true;
}

/** The value of the attribute that begins there: NFTA_DATA_VALUE, the only one in a key. */
function bytesAt(message: Buffer, start: number): string {
  return message.toString('latin1', start + ATTRIBUTE_HEADER_BYTES, start + message.readUInt16LE(start));
}
