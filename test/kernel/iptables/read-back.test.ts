// What was rendered is what the kernel prints: without that, every audit would find differences.
import { afterEach, describe, expect, it } from 'vitest';
import { planGlobal } from '../../../src/plan/global-plan.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';
import { recordedCluster } from '../../builders/objects.ts';
import { planFromNothing } from '../../builders/plans.ts';
import { createBed, LINEUPS, removeBeds, write } from './bed.ts';

afterEach(removeBeds);

describe.each(LINEUPS)('iptables $variant, $family', (lineup) => {
  const { family } = lineup;
  const recorded = recordedCluster();
  // None of the recorded IPv6 Services has affinity.
  const services = recorded.services.map((service) =>
    service.name === 'np6' ? { ...service, affinitySeconds: 60 } : service,
  );
  const cluster = { ...recorded, services };
  const plan = planFromNothing(cluster, family);
  const change = { family, global: planGlobal({ ...cluster, family }), services: plan.services };

  it.each([
    ['with everything', { hasSets: true, hasAccounting: true, isTcpBeLiberal: false }],
    ['without ipset and nfacct', { hasSets: false, hasAccounting: false, isTcpBeLiberal: true }],
  ])('reads back what it wrote %s', async (_, features) => {
    const { dataplane } = createBed(lineup, { features });
    const { result, state } = await write(dataplane, await dataplane.read(), change, true);
    expect(result).toMatchObject({ ok: true });
    const read = await dataplane.read();
    expect(Object.fromEntries(read.chains.byId)).toEqual(Object.fromEntries(state.chains.byId));
    expect(read.chains.totals).toEqual(state.chains.totals);
    expect(read.sets).toEqual(state.sets);
    const again = runToEnd(
      dataplane.diff(read, runToEnd(dataplane.render(change, read)), { isComplete: true }),
    );
    expect(again).toMatchObject({ writes: [], removes: [], inserts: [], setsBefore: [], setsAfter: [] });
  });
});
