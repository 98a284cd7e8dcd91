// The UDP flows that the kernel tracks: listed, as far as NAT is concerned, and deleted. The kernel matches protocol, port and
// IPv4 addresses since 5.8 (CTA_FILTER); an older one ignores that and tells of every flow of the family, so they are matched
// here once more.
import ipaddr from 'ipaddr.js';
import { type ConntrackFlow, flowOf } from './conntrack-flow.ts';
import {
  CTA_FILTER,
  CTA_FILTER_ORIG_FLAGS,
  CTA_ID,
  CTA_IP_DESTINATION,
  CTA_PROTO_DST_PORT,
  CTA_PROTO_NUM,
  CTA_TUPLE_IP,
  CTA_TUPLE_ORIG,
  CTA_TUPLE_PROTO,
  CTA_TUPLE_REPLY,
  CTA_ZONE,
  CTNETLINK,
  FILTER_DESTINATION_IP,
  FILTER_DESTINATION_PORT,
  FILTER_PROTOCOL,
  IPCTNL_MSG_CT_DELETE,
  IPCTNL_MSG_CT_GET,
  IPPROTO_UDP,
  NFGENMSG_BYTES,
  NFPROTO,
} from './ctnetlink.ts';
import { ATTRIBUTE_HEADER_BYTES, align, forEachAttribute, type NetlinkMessage } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import { NetlinkConnection, NLM_F_DUMP } from './netlink-connection.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

export interface FlowQuery {
  readonly family: 'IPv4' | 'IPv6';
  /** What the packets are addressed to before NAT; undefined: anything. */
  readonly destination: FlowDestination | undefined;
}

export interface FlowDestination {
  /** Canonical; undefined: any. */
  readonly ip: string | undefined;
  readonly port: number;
}

/**
 * These name a flow to the kernel by both directions, since the id is a hash of the original one: a flow that has taken its
 * place meanwhile, with another endpoint, is not meant.
 */
const NAMING_ATTRIBUTES: readonly number[] = [CTA_TUPLE_REPLY, CTA_ZONE, CTA_ID];
const DELETE_MESSAGE_BYTES = 128;

/**
 * Lists in parts of some hundred flows; each flow is valid until the next part is taken. Meanwhile nothing else can be asked
 * of the socket, and it must not be closed. Flows that come or go during the listing may be missing or twice. Rejects with
 * NetlinkError.
 */
export async function* udpFlows(
  socket: NetlinkSocket,
  query: FlowQuery,
): AsyncGenerator<Iterable<ConntrackFlow>, void> {
  const connection = new NetlinkConnection(socket);
  const request = dumpRequest(query, connection.nextSequence());
  for await (const messages of connection.queryApart(request)) yield flowsOf(messages, query);
}

/** Deletes flows and answers how many there still were. Throws NetlinkError. */
export function deleteFlows(socket: NetlinkSocket, flows: readonly ConntrackFlow[]): number {
  if (flows.length === 0) return 0;
  const connection = new NetlinkConnection(socket);
  const writer = new MessageWriter(DELETE_MESSAGE_BYTES * flows.length);
  for (const { message } of flows) writeDelete(writer, message, connection.nextSequence());
  const refusals = connection.transact(writer.bytes());
  const failure = refusals.find(({ error }) => error.code !== 'ENOENT');
  if (failure) throw failure.error;
  return flows.length - refusals.length;
}

function dumpRequest({ family, destination }: FlowQuery, sequence: number): Buffer {
  const writer = new MessageWriter(128);
  writer.beginMessage({ type: CTNETLINK | IPCTNL_MSG_CT_GET, flags: NLM_F_DUMP, sequence });
  writer.u8(NFPROTO[family]).u8(0).be16(0);
  writer.beginNested(CTA_TUPLE_ORIG);
  const ip = ipToMatch({ family, destination });
  if (ip !== undefined) {
    const bytes = Uint8Array.from(ipaddr.parse(ip).toByteArray());
    writer.beginNested(CTA_TUPLE_IP).attribute(CTA_IP_DESTINATION.IPv4, bytes).end();
  }
  writer.beginNested(CTA_TUPLE_PROTO).attributeU8(CTA_PROTO_NUM, IPPROTO_UDP);
  if (destination) writer.attributeBe16(CTA_PROTO_DST_PORT, destination.port);
  writer.end().end();
  const flags =
    FILTER_PROTOCOL | (destination ? FILTER_DESTINATION_PORT : 0) | (ip ? FILTER_DESTINATION_IP : 0);
  writer.beginNested(CTA_FILTER).attributeU32(CTA_FILTER_ORIG_FLAGS, flags).end();
  return writer.end().bytes();
}

/**
 * What the kernel can be asked to match. For IPv6 it answers with all flows that do not match: ctnetlink_filter_match_tuple takes
 * ipv6_addr_cmp, which is 0 for equal addresses, for a test of equality (seen with 6.18).
 */
function ipToMatch({ family, destination }: FlowQuery): string | undefined {
  return family === 'IPv4' ? destination?.ip : undefined;
}

function* flowsOf(messages: Iterable<NetlinkMessage>, query: FlowQuery): Generator<ConntrackFlow, void> {
  for (const { payload } of messages) {
    const flow = flowOf(payload);
    if (flow && isAddressedTo(flow, query.destination)) yield flow;
  }
}

function isAddressedTo(flow: ConntrackFlow, destination: FlowDestination | undefined): boolean {
  if (!destination) return true;
  if (flow.destinationPort !== destination.port) return false;
  return destination.ip === undefined || flow.destinationIp === destination.ip;
}

function writeDelete(writer: MessageWriter, flow: Buffer, sequence: number): void {
  writer.beginMessage({ type: CTNETLINK | IPCTNL_MSG_CT_DELETE, flags: 0, sequence });
  writer.raw(flow.subarray(0, NFGENMSG_BYTES));
  forEachAttribute(flow, NFGENMSG_BYTES, flow.length, (type, start, end) => {
    if (NAMING_ATTRIBUTES.includes(type))
      writer.raw(flow.subarray(start - ATTRIBUTE_HEADER_BYTES, align(end)));
  });
  writer.end();
}
