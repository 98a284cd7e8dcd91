// nf_tables of the kernel keeps its promises, in network namespaces made for it.
import { readFileSync, readlinkSync } from 'node:fs';
import { NetlinkConnection } from '../../../src/system/netlink/netlink-connection.ts';
import {
  NETLINK_NETFILTER,
  type OpenNetlinkSocket,
  openNetlinkSocket,
} from '../../../src/system/netlink/netlink-socket.ts';
import { openNfTables } from '../../../src/system/netlink/nftables/nf-tables.ts';
import { NftBatch } from '../../../src/system/netlink/nftables/nft-batch.ts';
import type { NftElement, NftSet } from '../../../src/system/netlink/nftables/nft-set.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { describeNfTables, type NfTablesBed } from '../../contract/nf-tables-contract.ts';
import { createScratchNetns } from './scratch-netns.ts';

/** Enough for a few thousand events: losing some need not take half a million. */
const EVENT_BUFFER_BYTES = 512 * 1024;

describeNfTables('the kernel', createBed);

function createBed(): NfTablesBed {
  const netns = createScratchNetns();
  const open: OpenNetlinkSocket = (options) =>
    inNetns(netns, () =>
      openNetlinkSocket(options.groups ? { ...options, receiveBufferBytes: EVENT_BUFFER_BYTES } : options),
    );
  const change = async (batch: Uint8Array) => {
    const socket = open({ protocol: NETLINK_NETFILTER, sendBufferBytes: 16 * 1024 * 1024 });
    const [refusal] = new NetlinkConnection(socket).transact(batch);
    socket.close();
    if (refusal) throw refusal.error;
    return thisThread();
  };
  return { nft: openNfTables(open), change, loseEvents: async () => void (await change(manyElements())) };
}

/** As the kernel names who makes a transaction. */
function thisThread(): { readonly pid: number; readonly name: string } {
  const pid = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  return { pid, name: readFileSync('/proc/thread-self/comm', 'utf8').trimEnd() };
}

function manyElements(): Buffer {
  const set: NftSet = { name: 'many', key: ['number'] };
  const elements = Array.from(
    { length: 60_000 },
    (_, i): NftElement => ({
      key: String.fromCharCode(i & 255, i >> 8, 0, 0),
    }),
  );
  const batch = new NftBatch({ family: 'IPv4', name: 'many' });
  batch.newTable();
  batch.newSet(set);
  batch.newElements(set, elements);
  return batch.end();
}
