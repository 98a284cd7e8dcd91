// Puts flows into the conntrack table of a network namespace, without any packet.
import ipaddr from 'ipaddr.js';
import { MessageWriter } from '../../src/system/netlink/message-writer.ts';
import { NetlinkConnection } from '../../src/system/netlink/netlink-connection.ts';
import type { NetlinkSocket } from '../../src/system/netlink/netlink-socket.ts';

export interface TrackedFlow {
  readonly protocol: 'UDP' | 'TCP';
  readonly source: Address;
  readonly destination: Address;
  /** Where the answers come from; the destination when nothing is translated. */
  readonly replySource: Address;
  readonly zone?: number;
}

export interface Address {
  readonly ip: string;
  readonly port: number;
}

const IPCTNL_MSG_CT_NEW = 1 << 8;
const NLM_F_CREATE = 0x400;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_PROTOINFO = 4;
const CTA_PROTOINFO_TCP = 1;
const CTA_PROTOINFO_TCP_STATE = 1;
const TCP_ESTABLISHED = 3;
const CTA_TIMEOUT = 7;
const CTA_ZONE = 18;
const TIMEOUT_SECONDS = 3_600;
const BATCH = 500;

/** Throws what the kernel refuses. */
export function trackFlows(socket: NetlinkSocket, flows: Iterable<TrackedFlow>): void {
  const connection = new NetlinkConnection(socket);
  const writer = new MessageWriter(1 << 18);
  const send = () => {
    for (const { error } of connection.transact(writer.bytes())) throw error;
    writer.reset();
  };
  let waiting = 0;
  for (const flow of flows) {
    writeNew(writer, flow, connection.nextSequence());
    if (++waiting % BATCH === 0) send();
  }
  if (writer.length > 0) send();
}

function writeNew(writer: MessageWriter, flow: TrackedFlow, sequence: number): void {
  const { source, destination, replySource, zone } = flow;
  writer.beginMessage({ type: IPCTNL_MSG_CT_NEW, flags: NLM_F_CREATE, sequence });
  writer
    .u8(isV6(source.ip) ? 10 : 2)
    .u8(0)
    .be16(0);
  writeTuple(writer, { type: CTA_TUPLE_ORIG, flow, from: source, to: destination });
  writeTuple(writer, { type: CTA_TUPLE_REPLY, flow, from: replySource, to: source });
  writer.attributeBe32(CTA_TIMEOUT, TIMEOUT_SECONDS);
  if (zone !== undefined) writer.attributeBe16(CTA_ZONE, zone);
  if (flow.protocol === 'TCP') {
    writer.beginNested(CTA_PROTOINFO).beginNested(CTA_PROTOINFO_TCP);
    writer.attributeU8(CTA_PROTOINFO_TCP_STATE, TCP_ESTABLISHED).end().end();
  }
  writer.end();
}

interface Direction {
  readonly type: number;
  readonly flow: TrackedFlow;
  readonly from: Address;
  readonly to: Address;
}

function writeTuple(writer: MessageWriter, { type, flow, from, to }: Direction): void {
  const [sourceType, destinationType] = isV6(from.ip) ? [3, 4] : [1, 2];
  writer.beginNested(type);
  writer
    .beginNested(1)
    .attribute(sourceType, bytesOf(from.ip))
    .attribute(destinationType, bytesOf(to.ip))
    .end();
  writer.beginNested(2).attributeU8(1, flow.protocol === 'UDP' ? 17 : 6);
  writer.attributeBe16(2, from.port).attributeBe16(3, to.port).end();
  writer.end();
}

function bytesOf(ip: string): Uint8Array {
  return Uint8Array.from(ipaddr.parse(ip).toByteArray());
}

function isV6(ip: string): boolean {
  return ip.includes(':');
}
