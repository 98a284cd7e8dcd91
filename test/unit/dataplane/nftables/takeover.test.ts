// A table in which kube-proxy of nftables mode serves: ours is made beside it, and nothing that packets come through changes before
// the switch.
import { beforeEach, describe, expect, it } from 'vitest';
import { createNftablesDataplane } from '../../../../src/dataplane/nftables/nftables-dataplane.ts';
import { NftBatch } from '../../../../src/system/netlink/nftables/nft-batch.ts';
import { cooperate } from '../../../../src/util/cooperate.ts';
import { aFrontend, aGlobalPlan, aServicePlan, aTarget, changeOf } from '../../../builders/iptables-plans.ts';
import { makeVerdictMap } from '../../../builders/verdict-map.ts';
import { FakeNfTables } from '../../../fakes/fake-nf-tables.ts';

const TABLE = { family: 'IPv4', name: 'kube-proxy' } as const;
const ANCHOR = { type: 'nat', point: 'prerouting', priority: -100 } as const;
const SERVICE_IPS = { name: 'service-ips', key: ['ipv4-address', 'protocol', 'port'] } as const;
const KEY = '\x0a\x60\x01\x01\x06\0\0\0\0\x50\0\0';
const SERVICE = aServicePlan({
  frontends: [aFrontend('10.96.1.1')],
  clusterEndpoints: [aTarget('10.244.1.1')],
});
const CHANGE = changeOf([SERVICE], { global: aGlobalPlan() });

let nfTables: FakeNfTables;

/** Packets come in by nat-prerouting and go to a chain of a Service, by way of a map. */
async function runKubeProxy(): Promise<void> {
  const chains = new NftBatch(TABLE);
  chains.newTable();
  chains.newChain({ name: 'service-A' });
  expect(await nfTables.transact(chains.end())).toEqual([]);
  const map = makeVerdictMap(TABLE, SERVICE_IPS, { key: KEY, chain: 'service-A' });
  expect(await nfTables.transact(map)).toEqual([]);
  const batch = new NftBatch(TABLE);
  for (const chain of [{ name: 'services' }, { name: 'nat-prerouting', hook: ANCHOR }]) batch.newChain(chain);
  batch.newRule('services', { expressions: [{ kind: 'lookup', set: 'service-ips', from: 0 }] });
  batch.newRule('nat-prerouting', { expressions: [verdictOf('jump', 'services')] });
  expect(await nfTables.transact(batch.end())).toEqual([]);
}

function verdictOf(kind: 'jump', chain: string) {
  return { kind: 'verdict', verdict: { kind, chain } } as const;
}

/** Chains that kube-proxy's packets come through, each with the number of its rules. */
async function serving(): Promise<Record<string, number>> {
  const rules = await nfTables.rules(TABLE);
  const count = (name: string) =>
    rules.filter(({ chain, tag }) => chain === name && tag === undefined).length;
  return { 'nat-prerouting': count('nat-prerouting'), services: count('services') };
}

async function takeOver(): Promise<Awaited<ReturnType<ReturnType<typeof createNftablesDataplane>['apply']>>> {
  const dataplane = createNftablesDataplane({ family: 'IPv4', nfTables });
  const state = await dataplane.read();
  const desired = await cooperate(dataplane.render(CHANGE, state));
  return dataplane.apply(await cooperate(dataplane.diff(state, desired, { isComplete: true })));
}

beforeEach(async () => {
  nfTables = new FakeNfTables();
  await runKubeProxy();
});

describe('a take-over from kube-proxy', () => {
  it('leaves nothing of its own', async () => {
    expect(await takeOver()).toMatchObject({ ok: true });
    const names = (await nfTables.chains(TABLE)).map(({ name }) => name);
    expect(names).toContain('dispatch');
    expect(names).not.toContain('services');
    expect(names).not.toContain('service-A');
    expect((await nfTables.sets(TABLE)).map(({ name }) => name)).not.toContain('service-ips');
    expect(await serving()).toEqual({ 'nat-prerouting': 0, services: 0 });
  });

  it('changes nothing that packets come through as long as it is not complete', async () => {
    const before = await serving();
    const transact = nfTables.transact.bind(nfTables);
    const during: Record<string, number>[] = [];
    nfTables.transact = async (batch) => {
      during.push(await serving());
      return transact(batch);
    };
    await takeOver();
    // Skeleton, elements and the switch begin with kube-proxy in charge; what it left is taken away after.
    expect(during.slice(0, 3)).toEqual([before, before, before]);
    expect(during.slice(3)).not.toContainEqual(before);
    expect(during.length).toBeGreaterThan(3);
  });
});
