// Reads what the kernel sends: datagrams into messages, payloads into attributes. Nothing is copied: what is handed out
// are views of the datagram. Lengths that do not fit end the reading, so garbage never reads beyond its datagram.
import { NetlinkError } from './netlink-error.ts';

/** Kinds of control messages (linux/netlink.h); everything from 16 upwards belongs to the protocol. */
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
/** One part of a dump. */
export const NLM_F_MULTI = 2;
/** The dump was interrupted by a change: parts may be missing or twice. */
export const NLM_F_DUMP_INTR = 0x10;

const HEADER_BYTES = 16;
export const ATTRIBUTE_HEADER_BYTES = 4;
/** Without the two flag bits: nested, and network byte order. */
const ATTRIBUTE_TYPE_MASK = 0x3fff;
/** In an error message: extended attributes follow, and (with capped acks) right after the header that was refused. */
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** What follows the header, a view of the datagram. */
  readonly payload: Buffer;
}

/** The messages of one datagram, in order. */
export function* readMessages(datagram: Buffer): Generator<NetlinkMessage, void> {
  for (let at = 0; at + HEADER_BYTES <= datagram.length; ) {
    const length = datagram.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > datagram.length) return;
    yield {
      type: datagram.readUInt16LE(at + 4),
      flags: datagram.readUInt16LE(at + 6),
      sequence: datagram.readUInt32LE(at + 8),
      payload: datagram.subarray(at + HEADER_BYTES, at + length),
    };
    at += align(length);
  }
}

/** Calls `visit` with the type and the bounds of the payload of each message of one datagram, without allocating. */
export function forEachMessage(
  datagram: Buffer,
  visit: (type: number, payloadStart: number, payloadEnd: number) => void,
): void {
  for (let at = 0; at + HEADER_BYTES <= datagram.length; ) {
    const length = datagram.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > datagram.length) return;
    visit(datagram.readUInt16LE(at + 4), at + HEADER_BYTES, at + length);
    at += align(length);
  }
}

/**
 * Calls `visit` with the type and the bounds of the value of each attribute between `start` and `end`, without allocating:
 * for dumps of hundreds of thousands of messages.
 */
export function forEachAttribute(
  bytes: Buffer,
  start: number,
  end: number,
  visit: (type: number, valueStart: number, valueEnd: number) => void,
): void {
  for (let at = start; at + ATTRIBUTE_HEADER_BYTES <= end; ) {
    const length = bytes.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > end) return;
    visit(bytes.readUInt16LE(at + 2) & ATTRIBUTE_TYPE_MASK, at + ATTRIBUTE_HEADER_BYTES, at + length);
    at += align(length);
  }
}

/** The attributes from `start` on by type, of several with one type the last. Also reads the value of a nested attribute. */
export function attributesOf(bytes: Buffer, start = 0): ReadonlyMap<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  forEachAttribute(bytes, start, bytes.length, (type, valueStart, valueEnd) => {
    attributes.set(type, bytes.subarray(valueStart, valueEnd));
  });
  return attributes;
}

/** A string attribute without its terminating zero byte. */
export function textOf(value: Buffer): string {
  const end = value.indexOf(0);
  return value.toString('utf8', 0, end < 0 ? value.length : end);
}

/**
 * The error in a NLMSG_ERROR or NLMSG_DONE message, with the kernel's own sentence where it gives one. Undefined for an
 * acknowledgement and for a dump that ended well.
 */
export function errorOf({ flags, type, payload }: NetlinkMessage): NetlinkError | undefined {
  const errno = payload.length >= 4 ? -payload.readInt32LE(0) : 0;
  if (errno === 0) return undefined;
  // An error repeats the header of the message that it is about, the end of a dump does not.
  const attributesAt = type === NLMSG_ERROR ? 4 + HEADER_BYTES : 4;
  const sentence =
    flags & NLM_F_ACK_TLVS ? attributesOf(payload, attributesAt).get(NLMSGERR_ATTR_MSG) : undefined;
  return new NetlinkError(errno, sentence && textOf(sentence));
}

/** Attributes and messages begin at multiples of four bytes. */
export function align(length: number): number {
  return (length + 3) & ~3;
}
