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
import { commentOf } from './user-data.ts';

/** Adds the elements in a message to others. */
export function readElements(message: Buffer, elements: Boundary[]): void {
  forEachAttribute(message, NFGENMSG_BYTES, message.length, (type, start, end) => {
    if (type !== NFTA_SET_ELEM_LIST_ELEMENTS) return;
    forEachAttribute(message, start, end, (_, from, to) => {
      elements.push(elementAt(message, from, to));
    });
  });
}

type Draft = { -readonly [Name in keyof Boundary]: Boundary[Name] };

function elementAt(message: Buffer, start: number, end: number): Boundary {
  const element: Draft = { key: '' };
  forEachAttribute(message, start, end, (type, from, to) => {
    if (type === NFTA_SET_ELEM_KEY) element.key = bytesAt(message, from);
    else if (type === NFTA_SET_ELEM_KEY_END) element.keyEnd = bytesAt(message, from);
    else if (type === NFTA_SET_ELEM_DATA) element.value = bytesAt(message, from);
    else if (type === NFTA_SET_ELEM_USERDATA) readComment(element, message.subarray(from, to));
    else if (type === NFTA_SET_ELEM_FLAGS) readFlags(element, message.readUInt32BE(from));
  });
  return element;
}

function readComment(element: Draft, data: Buffer): void {
  const comment = commentOf(data);
  if (comment !== undefined) element.comment = comment;
}

function readFlags(element: Draft, flags: number): void {
  if (flags & NFT_SET_ELEM_INTERVAL_END) element.isEnd = true;
}

/** The value of the attribute that begins there: NFTA_DATA_VALUE, the only one in a key or in data. */
function bytesAt(message: Buffer, start: number): string {
  return message.toString('latin1', start + ATTRIBUTE_HEADER_BYTES, start + message.readUInt16LE(start));
}
