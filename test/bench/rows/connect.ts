// Connecting to a random Service through many Services' rules and through few: the cost of walking the rules.
import type { IptablesVariant } from '../../../src/dataplane/iptables/tools.ts';
import { createLane, type Lane } from '../parts/lane.ts';
import { createOurs } from '../parts/ours.ts';
import { planOf } from '../parts/plan.ts';
import { median } from '../parts/statistics.ts';
import { restoreAll, theirsOf } from '../parts/theirs.ts';
import { createConnector } from '../parts/timed-connect.ts';
import { uniformServices } from '../populations/populations.ts';
import { seededRandom } from '../populations/random.ts';
import { type PopulationRecords, recordsOf } from '../populations/records.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import type { Figure } from '../report/figure.ts';
import { ENDPOINTS, type Row, type RowContext } from './row.ts';

const GOAL = 1.15;

/** Of each lane, before those that count. */
const WARM_UP = 200;

type Write = (lane: Lane, records: PopulationRecords) => Promise<unknown>;

export function connectRow(variant: IptablesVariant): Row {
  const ours: Write = (lane, records) => createOurs(lane.router, variant, records).sync('start');
  const theirs: Write = (lane, records) => restoreAll(lane.router, variant, theirsOf(planOf(records)));
  return {
    name: `connect-${variant}`,
    run: async (context) => {
      const { services, fewServices } = context.sizes;
      const [ourMany, ourFew, theirMany, theirFew] = await measure(context, [
        [services, ours],
        [fewServices, ours],
        [services, theirs],
        [fewServices, theirs],
      ]);
      const what = (whose: string) =>
        `connect to a random Service, ${variant}, ${whose}, p50: ${services} / ${fewServices} Services`;
      return [
        figure(what('ours'), ourMany, ourFew, GOAL),
        figure(what("kube-proxy's shape"), theirMany, theirFew, undefined),
      ];
    },
  };
}

interface Track {
  readonly lane: Lane;
  readonly population: readonly PopulationService[];
  readonly samples: number[];
  readonly connectMicroseconds: (ip: string, port: number) => number;
  readonly close: () => void;
}

/** The median of each, in microseconds. All lanes take turns, connection by connection. */
async function measure(
  context: RowContext,
  lanes: readonly (readonly [services: number, write: Write])[],
): Promise<number[]> {
  const tracks: Track[] = [];
  for (const [services, write] of lanes) tracks.push(await createTrack(context, services, write));
  const random = seededRandom(7);
  for (let i = -WARM_UP; i < context.sizes.connections; i++) {
    for (const { population, samples, connectMicroseconds } of tracks) {
      const service = population[random.below(population.length)];
      const microseconds = connectMicroseconds(service?.clusterIp ?? '', 80);
      if (i >= 0) samples.push(microseconds);
    }
  }
  for (const track of tracks) track.close();
  await Promise.all(tracks.map(({ lane }) => lane.remove()));
  return tracks.map(({ samples }) => median(samples));
}

async function createTrack({ netns }: RowContext, services: number, write: Write): Promise<Track> {
  const lane = await createLane(netns);
  const population = uniformServices(services, ENDPOINTS);
  await write(lane, recordsOf(population));
  return { lane, population, samples: [], ...createConnector(lane, 8080) };
}

function figure(what: string, many = Number.NaN, few = Number.NaN, atMost: number | undefined): Figure {
  const detail = `${many.toFixed(0)} µs / ${few.toFixed(0)} µs`;
  return { what, atMost, measured: many / few, unit: 'ratio', detail };
}
