// What a real iptables-restore refuses: who is at fault is found, and nothing else suffers.
import { afterEach, describe, expect, it } from 'vitest';
import type { IpFamily } from '../../../src/model/ip.ts';
import { aFrontend, aGlobalPlan, aServicePlan, aTarget, changeOf } from '../../builders/iptables-plans.ts';
import { createBed, LINEUPS, removeBeds, write } from './bed.ts';

afterEach(removeBeds);

const ADDRESSES = {
  IPv4: { vips: ['10.96.1.1', '10.96.1.2'], endpoint: '10.244.2.1' },
  IPv6: { vips: ['fd00:10:96::1', 'fd00:10:96::2'], endpoint: 'fd00:10:244::1' },
} as const satisfies Record<IpFamily, unknown>;

describe.each(LINEUPS)('iptables $variant, $family', (lineup) => {
  const { family } = lineup;
  const { vips, endpoint } = ADDRESSES[family];
  const global = {
    ...aGlobalPlan({ localDetector: { kind: 'none' }, serviceCidrs: [] }),
    hasLocalhostNodePorts: false,
  };
  const planOf = (name: string, vip: string, port: number) =>
    aServicePlan({
      name: { name },
      frontends: [aFrontend(vip, { port })],
      clusterEndpoints: [aTarget(endpoint)],
    });
  const good = planOf('good', vips[0], 80);
  const bad = planOf('bad', vips[1], 70_000);

  it('is asked for a port that there is not: names the service port and changes nothing', async () => {
    const { dataplane, save } = createBed(lineup);
    const first = await write(dataplane, await dataplane.read(), changeOf([good], { family, global }), true);
    expect(first.result).toMatchObject({ ok: true });
    const before = rulesOf(save());
    const second = await write(dataplane, first.state, changeOf([bad], { family }));
    expect(second.result).toMatchObject({ ok: false, suspects: [bad.key], isTransient: false });
    expect(rulesOf(save())).toEqual(before);
  });

  it('is asked to look into a set that somebody destroyed: names the service port', async () => {
    const { dataplane, run } = createBed(lineup);
    const sticky = aServicePlan({ ...good, affinitySeconds: 60 });
    const first = await write(dataplane, await dataplane.read(), changeOf([], { family, global }), true);
    // The state says that the set is there.
    const set = [...(await setsOf(sticky))][0] ?? '';
    first.state.sets.affinity.add(set);
    const second = await write(dataplane, first.state, changeOf([sticky], { family }));
    expect(second.result).toMatchObject({ ok: false, suspects: [sticky.key], isTransient: false });
    expect(run('ipset', ['list', '-name'])).not.toContain(set);

    async function setsOf(plan: typeof sticky) {
      const other = createBed(lineup);
      const { state } = await write(
        other.dataplane,
        await other.dataplane.read(),
        changeOf([plan], { family, global }),
      );
      return state.sets.affinity;
    }
  });
});

function rulesOf(saved: string): string[] {
  return saved.split('\n').filter((line) => line.startsWith('-A'));
}
