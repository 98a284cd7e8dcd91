// What ctnetlink tells of one flow. Read in place: a dump has hundreds of thousands of them, and nearly none is of interest.
import ipaddr from 'ipaddr.js';
import {
  CTA_IP_DESTINATION,
  CTA_IP_SOURCE,
  CTA_PROTO_DST_PORT,
  CTA_PROTO_NUM,
  CTA_PROTO_SRC_PORT,
  CTA_TUPLE_IP,
  CTA_TUPLE_ORIG,
  CTA_TUPLE_REPLY,
  IPPROTO_UDP,
  NFGENMSG_BYTES,
} from './ctnetlink.ts';
import { forEachAttribute } from './message-reader.ts';

/** A UDP flow, a view of the kernel's message. Its addresses are canonical text, made each time that they are asked for. */
export interface ConntrackFlow {
  readonly destinationIp: string;
  readonly destinationPort: number;
  /** Where the answers come from: the endpoint after DNAT, the destination without it. */
  readonly replyIp: string;
  readonly replyPort: number;
  /** The kernel's message, header excluded. */
  readonly message: Buffer;
}

/** Where the values of one direction are in a message. */
interface Tuple {
  protocol: number;
  sourceIpAt: number;
  destinationIpAt: number;
  ipBytes: number;
  sourcePort: number;
  destinationPort: number;
}

/** undefined for other protocols, and for what lacks a direction. */
export function flowOf(message: Buffer): ConntrackFlow | undefined {
  let original: Tuple | undefined;
  let reply: Tuple | undefined;
  forEachAttribute(message, NFGENMSG_BYTES, message.length, (type, start, end) => {
    if (type === CTA_TUPLE_ORIG) original = tupleAt(message, start, end);
    else if (type === CTA_TUPLE_REPLY) reply = tupleAt(message, start, end);
  });
  if (!original || !reply || original.protocol !== IPPROTO_UDP) return undefined;
  return new FlowView(message, original, reply);
}

class FlowView implements ConntrackFlow {
  readonly message: Buffer;
  readonly #original: Tuple;
  readonly #reply: Tuple;

  constructor(message: Buffer, original: Tuple, reply: Tuple) {
    this.message = message;
    this.#original = original;
    this.#reply = reply;
  }

  get destinationIp(): string {
    return ipText(this.message, this.#original.destinationIpAt, this.#original.ipBytes);
  }

  get destinationPort(): number {
    return this.#original.destinationPort;
  }

  get replyIp(): string {
    return ipText(this.message, this.#reply.sourceIpAt, this.#reply.ipBytes);
  }

  get replyPort(): number {
    return this.#reply.sourcePort;
  }
}

function tupleAt(message: Buffer, start: number, end: number): Tuple {
  const tuple: Tuple = {
    protocol: 0,
    sourceIpAt: 0,
    destinationIpAt: 0,
    ipBytes: 0,
    sourcePort: 0,
    destinationPort: 0,
  };
  forEachAttribute(message, start, end, (type, from, to) => {
    if (type === CTA_TUPLE_IP) readAddresses(tuple, message, from, to);
    else readProtocol(tuple, message, from, to);
  });
  return tuple;
}

function readAddresses(tuple: Tuple, message: Buffer, start: number, end: number): void {
  forEachAttribute(message, start, end, (type, from, to) => {
    tuple.ipBytes = to - from;
    if (type === CTA_IP_SOURCE.IPv4 || type === CTA_IP_SOURCE.IPv6) tuple.sourceIpAt = from;
    if (type === CTA_IP_DESTINATION.IPv4 || type === CTA_IP_DESTINATION.IPv6) tuple.destinationIpAt = from;
  });
}

function readProtocol(tuple: Tuple, message: Buffer, start: number, end: number): void {
  forEachAttribute(message, start, end, (type, from) => {
    if (type === CTA_PROTO_NUM) tuple.protocol = message.readUInt8(from);
    else if (type === CTA_PROTO_SRC_PORT) tuple.sourcePort = message.readUInt16BE(from);
    else if (type === CTA_PROTO_DST_PORT) tuple.destinationPort = message.readUInt16BE(from);
  });
}

function ipText(bytes: Buffer, at: number, length: number): string {
  if (length === 4) return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
  return ipaddr.fromByteArray([...bytes.subarray(at, at + length)]).toString();
}
