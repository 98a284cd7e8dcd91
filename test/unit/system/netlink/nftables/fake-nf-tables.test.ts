// The fake keeps the promises of nf_tables, and does what tests tell it beyond them.
import { describe, expect, it } from 'vitest';
import { NftBatch } from '../../../../../src/system/netlink/nftables/nft-batch.ts';
import type { NftElement, NftSet } from '../../../../../src/system/netlink/nftables/nft-set.ts';
import { describeNfTables } from '../../../../contract/nf-tables-contract.ts';
import { FakeNfTables } from '../../../../fakes/fake-nf-tables.ts';

const BY = { pid: 7, name: 'nft' };
const TABLE = { family: 'IPv4', name: 'kube-proxy' } as const;
const SET: NftSet = { name: 'addresses', key: ['ipv4-address'] };

describeNfTables('the fake', () => {
  const nft = new FakeNfTables();
  return {
    nft,
    change: async (batch) => {
      nft.change(batch, BY);
      return BY;
    },
    loseEvents: async () => nft.loseEvents(),
  };
});

describe('FakeNfTables', () => {
  const batchOf = (...elements: readonly NftElement[]): Buffer => {
    const batch = new NftBatch(TABLE);
    batch.newTable();
    batch.newSet(SET);
    for (const element of elements) batch.newElements(SET, [element]);
    return batch.end();
  };
  const codesOf = async (nft: FakeNfTables, batch: Buffer): Promise<string[]> =>
    (await nft.transact(batch)).map(({ sequence, error }) => `${sequence} ${error.code}`);

  it('refuses the message that it is told to refuse', async () => {
    const nft = new FakeNfTables();
    nft.refuseMessage(2, 'EINVAL');
    expect(await codesOf(nft, batchOf())).toEqual(['2 EINVAL']);
    nft.refuseMessage(undefined);
    expect(await codesOf(nft, batchOf())).toEqual([]);
    expect(nft.transactionCount).toBe(2);
  });

  it('refuses elements by their comments', async () => {
    const nft = new FakeNfTables();
    nft.refuseElements((comment) => comment.startsWith('bad/'));
    const good = { key: '\x0a\0\0\x01', comment: 'good/a:http' };
    const bad = { key: '\x0a\0\0\x02', comment: 'bad/b:http' };
    expect(await codesOf(nft, batchOf(good, bad))).toEqual(['4 ENOMEM']);
    expect(await codesOf(nft, batchOf(good))).toEqual([]);
  });

  it('rejects the next transaction, and dumps with EINTR', async () => {
    const nft = new FakeNfTables();
    nft.failure = new Error('no socket');
    await expect(nft.transact(batchOf())).rejects.toThrow('no socket');
    expect(await nft.sets(TABLE)).toEqual([]);
    nft.interruptDumps(1);
    await expect(nft.chains(TABLE)).rejects.toThrow('EINTR');
    expect(await nft.chains(TABLE)).toEqual([]);
  });
});
