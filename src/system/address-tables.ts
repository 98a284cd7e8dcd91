// Links and addresses as rtnetlink tells them, one message after the other, and the list that they make.
import ipaddr from 'ipaddr.js';
import { attributesOf, type NetlinkMessage, textOf } from './netlink/message-reader.ts';

export interface NodeAddress {
  /** Canonical: dotted quad or RFC 5952. */
  readonly ip: string;
  /** The name of its link; empty in the moment in which the link is being removed. */
  readonly link: string;
}

export interface AddressTables {
  readonly linkNames: Map<number, string>;
  /** By link index, address and prefix length, which is how the kernel tells addresses apart. */
  readonly addresses: Map<string, { readonly ip: string; readonly linkIndex: number }>;
}

// linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
export const IFINFOMSG_BYTES = 16;
export const IFADDRMSG_BYTES = 8;
const IFLA_IFNAME = 3;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;

export function emptyTables(): AddressTables {
  return { linkNames: new Map(), addresses: new Map() };
}

/** Takes in one message, of a dump or an event; others than those of links and addresses change nothing. */
export function applyMessage(tables: AddressTables, { type, payload }: NetlinkMessage): void {
  if (type === RTM_NEWLINK || type === RTM_DELLINK) applyLink(tables, payload, type === RTM_DELLINK);
  if (type === RTM_NEWADDR || type === RTM_DELADDR) applyAddress(tables, payload, type === RTM_DELADDR);
}

/** struct ifinfomsg: the link's index is at 4. */
function applyLink({ linkNames }: AddressTables, payload: Buffer, isRemoved: boolean): void {
  // Bridges and others send events of their own family about a link, AF_BRIDGE's removal is only of the port.
  if (payload.length < IFINFOMSG_BYTES || payload[0] !== 0) return;
  const index = payload.readInt32LE(4);
  const name = attributesOf(payload, IFINFOMSG_BYTES).get(IFLA_IFNAME);
  if (isRemoved) linkNames.delete(index);
  else if (name) linkNames.set(index, textOf(name));
}

/** struct ifaddrmsg: the link's index is at 4. */
function applyAddress({ addresses }: AddressTables, payload: Buffer, isRemoved: boolean): void {
  if (payload.length < IFADDRMSG_BYTES) return;
  const linkIndex = payload.readUInt32LE(4);
  const attributes = attributesOf(payload, IFADDRMSG_BYTES);
  // On a point-to-point link IFA_ADDRESS is the other end; IFA_LOCAL, where there is one, is always the node's own.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (bytes?.length !== 4 && bytes?.length !== 16) return;
  const ip = ipaddr.fromByteArray([...bytes]).toString();
  const key = `${linkIndex} ${ip}/${payload[1]}`;
  if (isRemoved) addresses.delete(key);
  else addresses.set(key, { ip, linkIndex });
}

/** Sorted by link, then address, each once. */
export function listOf({ addresses, linkNames }: AddressTables): readonly NodeAddress[] {
  return Array.from(addresses.values(), ({ ip, linkIndex }) => ({ ip, link: linkNames.get(linkIndex) ?? '' }))
    .sort(compare)
    .filter((address, i, sorted) => i === 0 || compare(address, sorted[i - 1]) !== 0);
}

function compare(a: NodeAddress, b: NodeAddress | undefined): number {
  return compareText(a.link, b?.link) || compareText(a.ip, b?.ip);
}

function compareText(a: string, b = ''): number {
  return a < b ? -1 : Number(a > b);
}
