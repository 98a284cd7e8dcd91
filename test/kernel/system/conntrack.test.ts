// Listing and deleting tracked UDP flows, in a network namespace whose table the test fills.
import { beforeEach, expect, it } from 'vitest';
import {
  deleteFlows,
  type FlowDestination,
  type FlowQuery,
  udpFlows,
} from '../../../src/system/netlink/conntrack.ts';
import type { ConntrackFlow } from '../../../src/system/netlink/conntrack-flow.ts';
import {
  NETLINK_NETFILTER,
  type NetlinkSocket,
  openNetlinkSocket,
} from '../../../src/system/netlink/netlink-socket.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { type Address, type TrackedFlow, trackFlows } from '../../builders/tracked-flows.ts';
import { createScratchNetns } from './scratch-netns.ts';

let open: () => NetlinkSocket;

beforeEach(() => {
  const netns = createScratchNetns();
  open = () => inNetns(netns, () => openNetlinkSocket({ protocol: NETLINK_NETFILTER }));
});

it('lists the UDP flows of a family, with what they are addressed to and who answers', async () => {
  track(
    udp('10.244.1.9:4000', '10.96.0.10:53', '10.244.1.1:5353'),
    udp('10.244.1.9:4001', '192.0.2.1:53'),
    { ...udp('10.244.1.9:4002', '10.96.0.10:53'), protocol: 'TCP' },
    udp('[fd00::9]:4000', '[fd00::a]:53', '[fd00::0:1]:5353'),
  );
  expect(await list()).toEqual(['10.96.0.10:53 <- 10.244.1.1:5353', '192.0.2.1:53 <- 192.0.2.1:53']);
  expect(await list({ family: 'IPv6' })).toEqual(['fd00::a:53 <- fd00::1:5353']);
});

it('lists the flows to one destination, or to one port', async () => {
  track(
    udp('10.244.1.9:4000', '10.96.0.10:53'),
    udp('10.244.1.9:4000', '10.96.0.10:54'),
    udp('10.244.1.9:4000', '10.96.0.11:53'),
  );
  expect(await list({ destination: { ip: '10.96.0.10', port: 53 } })).toEqual([
    '10.96.0.10:53 <- 10.96.0.10:53',
  ]);
  expect(await list({ destination: { ip: undefined, port: 53 } })).toEqual([
    '10.96.0.10:53 <- 10.96.0.10:53',
    '10.96.0.11:53 <- 10.96.0.11:53',
  ]);
});

it('lists the flows to one destination of IPv6', async () => {
  track(udp('[fd00::9]:4000', '[fd00::a]:53'), udp('[fd00::9]:4000', '[fd00::b]:53'));
  expect(await list({ family: 'IPv6', destination: { ip: 'fd00::a', port: 53 } })).toEqual([
    'fd00::a:53 <- fd00::a:53',
  ]);
});

it('lets the kernel match protocol and destination', async () => {
  const many = Array.from({ length: 3_000 }, (_, i) => udp(`10.244.1.9:${2_000 + i}`, '10.96.0.10:53'));
  track(...many, { ...udp('10.244.1.9:1', '10.96.0.11:53'), protocol: 'TCP' });
  expect(await datagramsOf(undefined)).toBeGreaterThan(10);
  expect(await datagramsOf({ ip: '10.96.0.11', port: 53 })).toBe(1);
});

it('deletes the flows that it is given, and counts those that were still there', async () => {
  track(udp('10.244.1.9:4000', '10.96.0.10:53'), udp('10.244.1.9:4001', '10.96.0.10:53'));
  const [socket, other] = [open(), open()];
  for await (const part of udpFlows(socket, { family: 'IPv4', destination: undefined })) {
    const [first] = part;
    expect(deleteFlows(other, first ? [first] : [])).toBe(1);
    expect(deleteFlows(other, first ? [first] : [])).toBe(0);
    break;
  }
  for (const used of [socket, other]) used.close();
  expect(await list()).toHaveLength(1);
});

it('leaves a flow that took the place of the one that was listed', async () => {
  const flow = udp('10.244.1.9:4000', '10.96.0.10:53', '10.244.1.1:53');
  track(flow);
  const [listed] = await messages();
  expect(listed && remove(listed)).toBe(1);
  track({ ...flow, replySource: address('10.244.1.2:53') });
  expect(listed && remove(listed)).toBe(0);
  expect(await list()).toEqual(['10.96.0.10:53 <- 10.244.1.2:53']);
});

it('tells zones of conntrack apart', async () => {
  track(
    { ...udp('10.244.1.9:4000', '10.96.0.10:53', '10.244.1.1:53'), zone: 7 },
    udp('10.244.1.9:4000', '10.96.0.10:53', '10.244.1.2:53'),
  );
  const zoned = (await messages()).find(({ replyIp }) => replyIp === '10.244.1.1');
  expect(zoned && remove(zoned)).toBe(1);
  expect(await list()).toEqual(['10.96.0.10:53 <- 10.244.1.2:53']);
});

function track(...flows: readonly TrackedFlow[]): void {
  const socket = open();
  trackFlows(socket, flows);
  socket.close();
}

async function list(query: Partial<FlowQuery> = {}): Promise<string[]> {
  const flows = await messages(query);
  return flows
    .map((flow) => `${flow.destinationIp}:${flow.destinationPort} <- ${flow.replyIp}:${flow.replyPort}`)
    .sort();
}

/** All flows, with messages of their own. */
async function messages(query: Partial<FlowQuery> = {}): Promise<ConntrackFlow[]> {
  const socket = open();
  const flows: ConntrackFlow[] = [];
  for await (const part of udpFlows(socket, { family: 'IPv4', destination: undefined, ...query }))
    for (const { destinationIp, destinationPort, replyIp, replyPort, message } of part)
      flows.push({ destinationIp, destinationPort, replyIp, replyPort, message: Buffer.from(message) });
  socket.close();
  return flows;
}

function remove(flow: ConntrackFlow): number {
  const socket = open();
  const count = deleteFlows(socket, [flow]);
  socket.close();
  return count;
}

/** How many parts the kernel needs for its answer: what it leaves out, it does not send. */
async function datagramsOf(destination: FlowDestination | undefined): Promise<number> {
  const socket = open();
  let count = 0;
  for await (const part of udpFlows(socket, { family: 'IPv4', destination }))
    count += Number(part !== undefined);
  socket.close();
  return count;
}

function udp(source: string, destination: string, replySource = destination): TrackedFlow {
  return {
    protocol: 'UDP',
    source: address(source),
    destination: address(destination),
    replySource: address(replySource),
  };
}

function address(text: string): Address {
  const colon = text.lastIndexOf(':');
  return { ip: text.slice(0, colon).replace(/[[\]]/g, ''), port: Number(text.slice(colon + 1)) };
}
