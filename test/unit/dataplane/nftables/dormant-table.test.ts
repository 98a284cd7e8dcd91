// Our table is dormant, so that packets do not come through it: that is seen by a read, and repaired whatever else is wrong.
import { beforeEach, describe, expect, it } from 'vitest';
import { createNftablesDataplane } from '../../../../src/dataplane/nftables/nftables-dataplane.ts';
import { NftBatch } from '../../../../src/system/netlink/nftables/nft-batch.ts';
import { cooperate } from '../../../../src/util/cooperate.ts';
import { makeDormant } from '../../../builders/dormant-table.ts';
import { aFrontend, aGlobalPlan, aServicePlan, aTarget, changeOf } from '../../../builders/iptables-plans.ts';
import { FakeNfTables } from '../../../fakes/fake-nf-tables.ts';

const TABLE = { family: 'IPv4', name: 'kube-proxy' } as const;
const SOMEBODY = { pid: 1, name: 'nft' };
const CHANGE = changeOf(
  [aServicePlan({ frontends: [aFrontend('10.96.1.1')], clusterEndpoints: [aTarget('10.244.1.1')] })],
  { global: aGlobalPlan() },
);

let nfTables: FakeNfTables;

/** As a start, an audit and a repair do. */
async function syncAll({ isComplete = true } = {}) {
  const dataplane = createNftablesDataplane({ family: 'IPv4', nfTables });
  const state = await dataplane.read();
  const desired = await cooperate(dataplane.render(CHANGE, state));
  const changes = await cooperate(dataplane.diff(state, desired, { isComplete }));
  const result = changes.isEmpty ? undefined : await dataplane.apply(changes);
  return { state, result };
}

beforeEach(async () => {
  nfTables = new FakeNfTables();
  await syncAll();
});

describe('a dormant table', () => {
  it('that is complete otherwise is woken, and nothing else', async () => {
    expect(await syncAll()).toMatchObject({ state: { table: { isLive: true } }, result: undefined });
    nfTables.change(makeDormant(TABLE), SOMEBODY);
    const chains = await nfTables.chains(TABLE);
    const { state, result } = await syncAll();
    expect(state.table.isLive).toBe(false);
    expect(result).toMatchObject({ ok: true, operations: 1 });
    expect(await nfTables.table(TABLE)).toEqual({ isDormant: false });
    expect(await nfTables.chains(TABLE)).toEqual(chains);
    expect(await syncAll()).toMatchObject({ state: { table: { isLive: true } }, result: undefined });
  });

  it.each(['dispatch', 'nat-output'])(
    'is woken in a transaction of its own, after chain %s is repaired',
    async (chain) => {
      nfTables.change(makeDormant(TABLE), SOMEBODY);
      const { length: whole } = await nfTables.rules(TABLE);
      nfTables.change(flushOf(chain), SOMEBODY);
      const transact = nfTables.transact.bind(nfTables);
      const before: unknown[] = [];
      nfTables.transact = async (batch) => {
        const isWhole = (await nfTables.rules(TABLE)).length === whole;
        before.push({ ...(await nfTables.table(TABLE)), isWhole });
        return transact(batch);
      };
      expect((await syncAll()).result).toMatchObject({ ok: true });
      expect(before[0]).toEqual({ isDormant: true, isWhole: false });
      expect(before.at(-1)).toEqual({ isDormant: true, isWhole: true });
      expect(await nfTables.table(TABLE)).toEqual({ isDormant: false });
    },
  );

  it('sleeps on as long as not everything is written', async () => {
    nfTables.change(makeDormant(TABLE), SOMEBODY);
    await syncAll({ isComplete: false });
    expect(await nfTables.table(TABLE)).toEqual({ isDormant: true });
  });

  it('that may not be woken is told of, in the words of the kernel', async () => {
    nfTables.change(makeDormant(TABLE), SOMEBODY);
    nfTables.refuseMessage(1, 'EPERM');
    expect((await syncAll()).result).toMatchObject({
      ok: false,
      error: 'nf_tables refuses the table: EPERM',
      suspects: [],
      isTransient: true,
    });
  });
});

function flushOf(chain: string): Uint8Array {
  const batch = new NftBatch(TABLE);
  batch.flushChain(chain);
  return batch.end();
}
