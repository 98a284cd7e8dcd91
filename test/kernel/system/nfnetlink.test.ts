// nf_tables batches through the netlink library: one datagram is one transaction, and a refusal names its message.
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { MessageWriter } from '../../../src/system/netlink/message-writer.ts';
import { NetlinkConnection } from '../../../src/system/netlink/netlink-connection.ts';
import { NETLINK_NETFILTER, openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { createScratchNetns } from './scratch-netns.ts';

const NFNL_MSG_BATCH_BEGIN = 16;
const NFNL_MSG_BATCH_END = 17;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_NEWTABLE = NFNL_SUBSYS_NFTABLES << 8;
const NLM_F_CREATE_EXCL = 0x600;
const NFPROTO_INET = 1;
const NFTA_TABLE_NAME = 1;

it('a batch is done as a whole, or refused as a whole with the number of the message at fault', () => {
  const netns = createScratchNetns();
  const socket = inNetns(netns, () =>
    openNetlinkSocket({ protocol: NETLINK_NETFILTER, sendBufferBytes: 1 << 20 }),
  );
  const connection = new NetlinkConnection(socket);
  const tables = (): string =>
    execFileSync('ip', ['netns', 'exec', netns, 'nft', 'list', 'tables'], { encoding: 'utf8' });

  expect(addTables(connection, ['one', 'two'])).toEqual([]);
  expect(tables()).toBe('table inet one\ntable inet two\n');
  expect(addTables(connection, ['three', 'one', 'four'])).toEqual(['one: EEXIST']);
  expect(tables()).toBe('table inet one\ntable inet two\n');
  socket.close();
});

/** The refusals, with the names of the tables that they are about. */
function addTables(connection: NetlinkConnection, names: readonly string[]): string[] {
  const writer = new MessageWriter();
  writeBatchMark(writer, NFNL_MSG_BATCH_BEGIN);
  const nameOf = new Map<number, string>();
  for (const name of names) {
    const sequence = connection.nextSequence();
    nameOf.set(sequence, name);
    writer.beginMessage({ type: NFT_MSG_NEWTABLE, flags: NLM_F_CREATE_EXCL, sequence });
    writer.u8(NFPROTO_INET).u8(0).be16(0).attributeString(NFTA_TABLE_NAME, name).end();
  }
  writeBatchMark(writer, NFNL_MSG_BATCH_END);
  const refusals = connection.transact(writer.bytes());
  return refusals.map(({ sequence, error }) => `${nameOf.get(sequence)}: ${error.code}`);
}

/** Where a batch begins and ends; the resource is the subsystem that it is for. */
function writeBatchMark(writer: MessageWriter, type: number): void {
  writer.beginMessage({ type, flags: 0, sequence: 0 }).u8(0).u8(0).be16(NFNL_SUBSYS_NFTABLES).end();
}
