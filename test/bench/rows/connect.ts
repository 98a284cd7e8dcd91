// Connecting to a random Service through many Services' rules and through few: the cost of walking the rules.
import { createLane, type Lane } from '../parts/lane.ts';
import type { BenchMode } from '../parts/mode.ts';
import { createOurs } from '../parts/ours.ts';
import { planOf } from '../parts/plan.ts';
import { median } from '../parts/statistics.ts';
import { theirsOf } from '../parts/theirs.ts';
import { type Connector, createConnector } from '../parts/timed-connect.ts';
import { uniformServices } from '../populations/populations.ts';
import { seededRandom } from '../populations/random.ts';
import { type PopulationRecords, recordsOf } from '../populations/records.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import type { Figure, Goal } from '../report/figure.ts';
import { ENDPOINTS, type Row, type RowContext, type Sizes } from './row.ts';

/** Of each lane, before those that count. */
const WARM_UP = 200;

type Write = (lane: Lane, records: PopulationRecords) => Promise<unknown>;

export interface ConnectSpec {
  readonly mode: BenchMode;
  readonly services: (sizes: Sizes) => number;
  readonly goal: Goal;
}

export function connectRow({ mode, services, goal }: ConnectSpec): Row {
  const ours: Write = async (lane, records) => {
    const { sync, close } = createOurs(lane.router, mode, records);
    await sync('start');
    close();
  };
  const theirs: Write = (lane, records) => theirsOf(mode, planOf(records, mode)).writeAll(lane.router);
  return {
    name: `connect-${mode}`,
    run: async (context) => {
      const many = services(context.sizes);
      const few = context.sizes.fewServices;
      const [ourMany, ourFew, theirMany, theirFew] = await measure(context, [
        [many, ours],
        [few, ours],
        [many, theirs],
        [few, theirs],
      ]);
      const what = (whose: string) =>
        `connect to a random Service, ${mode}, ${whose}, p50: ${many} / ${few} Services`;
      return [
        figure(what('ours'), ourMany, ourFew, goal),
        figure(what("kube-proxy's shape"), theirMany, theirFew, {}),
      ];
    },
  };
}

interface Track extends Connector {
  readonly lane: Lane;
  readonly population: readonly PopulationService[];
  readonly samples: number[];
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
    for (const { population, samples, connect } of tracks) {
      const service = population[random.below(population.length)];
      const { microseconds } = connect(service?.clusterIp ?? '', 80);
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

function figure(what: string, many = Number.NaN, few = Number.NaN, goal: Goal): Figure {
  const detail = `${many.toFixed(0)} µs / ${few.toFixed(0)} µs`;
  return { what, ...goal, measured: many / few, unit: 'ratio', detail };
}
