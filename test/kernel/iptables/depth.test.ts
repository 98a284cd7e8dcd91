// nf_tables takes rules that lead at most 15 chains deep. Frontends chosen to be alike as long as possible, with every kind of
// chain below them, must still load.
import { afterEach, describe, expect, it } from 'vitest';
import {
  aFrontend,
  aGlobalPlan,
  aNodePort,
  aServicePlan,
  aTarget,
  changeOf,
} from '../../builders/iptables-plans.ts';
import { cidr } from '../../builders/records.ts';
import { createBed, LINEUPS, removeBeds, write } from './bed.ts';

afterEach(removeBeds);

/** Ports whose tries are as deep as they get: groups that agree in ever more of their bits. */
const LADDER = Array.from({ length: 16 }, (_, bits) => [0, 1, 2, 3, 5].map((low) => (1 << bits) | low))
  .flat()
  .filter((port) => port > 0);

describe.each(LINEUPS)('iptables $variant, $family', (lineup) => {
  it('takes the deepest way there can be', async () => {
    const { family } = lineup;
    const [vip, endpoint] = family === 'IPv4' ? ['203.0.113.', '10.244.'] : ['2001:db8::', 'fd00::'];
    const clusterEndpoints = Array.from({ length: 700 }, (_, i) =>
      aTarget(family === 'IPv4' ? `${endpoint}${i >> 8}.${i & 255}` : `${endpoint}${(i + 1).toString(16)}`, {
        isHairpinPossible: true,
      }),
    );
    const big = {
      clusterEndpoints,
      allowedSources: [cidr(family === 'IPv4' ? '198.51.100.0/24' : 'fd01::/64')],
    };
    const small = { ...big, clusterEndpoints: clusterEndpoints.slice(0, 1) };
    const plans = [...new Set(LADDER)].flatMap((port, i) =>
      [1, 2, 4, 8, 16, 32, 64].map((host) =>
        aServicePlan({
          ...(host === 1 && i % 20 === 0 ? big : small),
          name: { name: `svc-${port}-${host}` },
          frontends: [
            aFrontend(`${vip}${host}`, { kind: 'LoadBalancerIP', port }),
            ...(host === 1 ? [aNodePort(30_000 + (port % 2_768))] : []),
          ],
        }),
      ),
    );
    const global = {
      ...aGlobalPlan({ serviceCidrs: [], localDetector: { kind: 'none' } }),
      hasLocalhostNodePorts: false,
    };
    const { dataplane } = createBed(lineup);
    const { result } = await write(
      dataplane,
      await dataplane.read(),
      changeOf(plans, { family, global }),
      true,
    );
    expect(result).toMatchObject({ ok: true });
  });
});
