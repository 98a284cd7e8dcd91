// nf_tables of the kernel keeps its promises, in network namespaces made for it.
import { readFileSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NetlinkConnection } from '../../../src/system/netlink/netlink-connection.ts';
import {
  NETLINK_NETFILTER,
  type NetlinkSocket,
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
const MANY: NftSet = { name: 'many', key: ['number'] };
const MANY_COUNT = 60_000;

describeNfTables('the kernel', createBed);

describe('nf_tables', () => {
  const table = { family: 'IPv4', name: 'many' } as const;

  it('lists elements undisturbed by what others do elsewhere', async () => {
    const { nft, change } = createBed();
    expect(await nft.transact(manyElements())).toEqual([]);
    const dump = nft.elements(table, MANY);
    const first = (await dump.next()).value ?? [];
    expect(first).not.toHaveLength(0);
    const batch = new NftBatch({ ...table, name: 'other' });
    batch.newTable();
    await change(batch.end());
    expect(first.length + (await countOf(dump))).toBe(MANY_COUNT);
    nft.close();
  });

  it('refuses a transaction with more refusals than there is room for', async () => {
    const { nft } = createBed();
    const batch = new NftBatch(table);
    for (let i = 0; i < 20_000; i++) batch.deleteChain('none');
    const refusals = await nft.transact(batch.end());
    expect(refusals.length).toBeGreaterThan(1000);
    expect(refusals[0]).toMatchObject({ sequence: 1, error: { code: 'ENOENT' } });
    expect(await nft.chains(table)).toEqual([]);
    nft.close();
  });

  it('closes its first socket when it cannot have a second one', () => {
    const netns = createScratchNetns();
    const sockets: NetlinkSocket[] = [];
    const open: OpenNetlinkSocket = (options) => {
      const [first] = sockets;
      if (first) throw new Error('no more sockets');
      const socket = inNetns(netns, () => openNetlinkSocket(options));
      sockets.push(socket);
      return socket;
    };
    expect(() => openNfTables(open)).toThrow('no more sockets');
    expect(() => sockets[0]?.receive()).toThrow('EBADF');
  });
});

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

async function countOf(parts: AsyncIterable<readonly NftElement[]>): Promise<number> {
  let count = 0;
  for await (const part of parts) count += part.length;
  return count;
}

/** As the kernel names who makes a transaction. */
function thisThread(): { readonly pid: number; readonly name: string } {
  const pid = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  return { pid, name: readFileSync('/proc/thread-self/comm', 'utf8').trimEnd() };
}

function manyElements(): Buffer {
  const elements = Array.from(
    { length: MANY_COUNT },
    (_, i): NftElement => ({
      key: String.fromCharCode(i & 255, i >> 8, 0, 0),
    }),
  );
  const batch = new NftBatch({ family: 'IPv4', name: 'many' });
  batch.newTable();
  batch.newSet(MANY);
  batch.newElements(MANY, elements);
  return batch.end();
}
