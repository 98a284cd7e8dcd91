// The same table, made by nft from text and by us: the kernel tells the same bytes of both, nft lists the same text of both, and
// loads again what it lists.
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { attributesOf } from '../../../src/system/netlink/message-reader.ts';
import { MessageWriter } from '../../../src/system/netlink/message-writer.ts';
import { NetlinkConnection, NLM_F_DUMP } from '../../../src/system/netlink/netlink-connection.ts';
import { NETLINK_NETFILTER, openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import {
  NFGENMSG_BYTES,
  NFPROTO,
  NFT_MSG_GETCHAIN,
  NFT_MSG_GETRULE,
  NFT_MSG_GETSET,
  NFTA_RULE_HANDLE,
  NFTA_SET_COUNT,
} from '../../../src/system/netlink/nftables/nfnetlink-nftables.ts';
import { NftBatch } from '../../../src/system/netlink/nftables/nft-batch.ts';
import type { NftTable } from '../../../src/system/netlink/nftables/nft-table.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { IPV6_LEARN, SAMPLES } from './nft-samples.ts';
import { createScratchNetns } from './scratch-netns.ts';

/** What two objects that are the same do not share. */
const NFTA_CHAIN_HANDLE = 2;
const NFTA_RULE_POSITION = 6;
const NFTA_SET_HANDLE = 16;
const DUMPS = [
  { message: NFT_MSG_GETCHAIN, own: [NFTA_CHAIN_HANDLE] },
  { message: NFT_MSG_GETRULE, own: [NFTA_RULE_HANDLE, NFTA_RULE_POSITION] },
  // nft begins a set of intervals with an end of nothing, which counts.
  { message: NFT_MSG_GETSET, own: [NFTA_SET_HANDLE, NFTA_SET_COUNT] },
];

it.each(SAMPLES)(
  'a table of $table.family is the one that nft makes of its text',
  ({ table, text, fill }) => {
    const netns = createScratchNetns();
    nft(netns, text);
    const expected = { text: list(netns), objects: objectsOf(netns, table) };
    nft(netns, 'flush ruleset');
    write(netns, table, fill);
    expect(list(netns)).toBe(expected.text);
    expect(objectsOf(netns, table)).toEqual(expected.objects);
  },
);

it.each(SAMPLES)('nft loads what it lists of a table of $table.family', ({ table, fill }) => {
  const netns = createScratchNetns();
  write(netns, table, fill);
  const text = list(netns);
  nft(netns, `flush ruleset\n${text}`);
  expect(list(netns)).toBe(text);
});

it('nft lists a rule that learns clients of IPv6', () => {
  const netns = createScratchNetns();
  write(netns, { family: 'IPv6', name: 'sample' }, (batch) => {
    batch.newTable();
    batch.newSet(IPV6_LEARN.clients);
    batch.newChain({ name: 'rules' });
    batch.newRule('rules', { expressions: IPV6_LEARN.expressions, tag: 'nft does not show it' });
  });
  expect(list(netns)).toContain(`chain rules {\n\t\t${IPV6_LEARN.text}\n\t}`);
});

function write(netns: string, table: NftTable, fill: (batch: NftBatch) => void): void {
  const batch = new NftBatch(table);
  fill(batch);
  expect(connected(netns, (connection) => connection.transact(batch.end()))).toEqual([]);
}

/** All attributes of all chains, rules and sets, as hexadecimal text. */
function objectsOf(netns: string, { family }: NftTable): Record<string, string>[] {
  return DUMPS.flatMap(({ message, own }) =>
    connected(netns, (connection) => {
      const sequence = connection.nextSequence();
      const request = new MessageWriter().beginMessage({ type: message, flags: NLM_F_DUMP, sequence });
      request.u8(NFPROTO[family]).u8(0).be16(0).end();
      return Array.from(connection.query(request.bytes()), ({ payload }) => shared(payload, own));
    }),
  );
}

function shared(payload: Buffer, own: readonly number[]): Record<string, string> {
  const attributes = Array.from(attributesOf(payload, NFGENMSG_BYTES));
  return Object.fromEntries(
    attributes
      .filter(([type]) => !own.includes(type))
      .map(([type, value]): [string, string] => [`${type}`, value.toString('hex')]),
  );
}

function connected<T>(netns: string, use: (connection: NetlinkConnection) => T): T {
  const socket = inNetns(netns, () => openNetlinkSocket({ protocol: NETLINK_NETFILTER }));
  try {
    return use(new NetlinkConnection(socket));
  } finally {
    socket.close();
  }
}

function nft(netns: string, input: string): void {
  execFileSync('ip', ['netns', 'exec', netns, 'nft', '-f', '-'], { input });
}

function list(netns: string): string {
  return execFileSync('ip', ['netns', 'exec', netns, 'nft', 'list', 'ruleset'], { encoding: 'utf8' });
}
