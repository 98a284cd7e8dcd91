// From the event on the API server's socket to the commit in the kernel, through the whole daemon: one endpoint changed, a Service
// added, a frontend that needs more room for its endpoints. None may depend on how many Services there are.
import { setTimeout as sleep } from 'node:timers/promises';
import { Daemon } from '../parts/daemon.ts';
import { ServedCluster } from '../parts/served-cluster.ts';
import { median, quantile } from '../parts/statistics.ts';
import { KernelStopwatch } from '../parts/time-to-kernel.ts';
import { uniformServices } from '../populations/populations.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import { type Figure, type Goal, quantityText } from '../report/figure.ts';
import { ENDPOINTS, type Row, type RowContext } from './row.ts';

/** Before those that count, until the daemon's code is compiled. */
const WARM_UP = 50;

/** From change to change of one cluster. Syncs of a burst are paced, 28 a second at most: that is not what is measured here. */
const SPACING_MS = 60;

/** What counts as equal: the caches of the processor hold less of what is looked at. */
const GOAL_RATIO = 1.2;

export const eventRow: Row = {
  name: 'event-nftables',
  run: async (context) => {
    const { services, fewServices, eventRounds } = context.sizes;
    const [many, few] = [await createBed(context, services), await createBed(context, fewServices)];
    const samples = await inTurns(eventRounds, [changeEndpoint(many), changeEndpoint(few)]);
    await Promise.all([many.close(), few.close()]);
    const [manyMs = [], fewMs = []] = samples;
    const what = 'one endpoint, nftables, event on the socket to commit';
    return [
      durationFigure(`${what}, ${services} Services × ${ENDPOINTS}`, manyMs, { atMost: 2 }),
      {
        what: `${what}, p50: ${services} / ${fewServices} Services`,
        ...{ atMost: GOAL_RATIO, measured: median(manyMs) / median(fewMs), unit: 'ratio' },
        detail: `${quantityText(median(manyMs), 'ms')} / ${quantityText(median(fewMs), 'ms')}`,
      },
    ];
  },
};

export const classRow: Row = {
  name: 'class-nftables',
  run: async (context) => {
    const { services, eventRounds } = context.sizes;
    const bed = await createBed(context, services);
    const [added = [], crossed = []] = await inTurns(eventRounds, [addService(bed), crossClass(bed)]);
    await bed.close();
    const what = `event on the socket to commit, ${services} Services × ${ENDPOINTS}`;
    return [
      durationFigure(`a Service added, nftables, ${what}`, added, { atMost: 5 }),
      durationFigure(`${FULL_CLASS} to ${FULL_CLASS + 1} endpoints, nftables, ${what}`, crossed, {
        atMost: 5,
      }),
    ];
  },
};

interface Bed {
  readonly population: readonly PopulationService[];
  readonly cluster: ServedCluster;
  readonly time: (change: () => void) => Promise<number>;
  readonly close: () => Promise<void>;
}

async function createBed({ netns }: RowContext, services: number): Promise<Bed> {
  const population = uniformServices(services, ENDPOINTS);
  const cluster = await ServedCluster.start(population);
  const daemon = await Daemon.start({ factory: netns, cluster, mode: 'nftables' });
  await daemon.firstSync();
  const stopwatch = new KernelStopwatch(daemon.netns);
  let notBeforeMs = 0;
  return {
    ...{ population, cluster },
    time: async (change) => {
      await sleep(Math.max(0, notBeforeMs - performance.now()));
      notBeforeMs = performance.now() + SPACING_MS;
      return stopwatch.time(change);
    },
    close: async () => {
      stopwatch.close();
      await daemon.stop();
      await cluster.close();
    },
  };
}

type TimedChange = (round: number) => Promise<number>;

function changeEndpoint({ population, cluster, time }: Bed): TimedChange {
  return (round) => time(() => cluster.changeEndpoint(serviceOf(population, round), round));
}

/** With all its endpoints, as a Deployment with a Service is applied. */
function addService({ population, cluster, time }: Bed): TimedChange {
  const spare = uniformServices(2 * population.length, ENDPOINTS).slice(population.length);
  return (round) => time(() => cluster.putService(serviceOf(spare, round)));
}

/** As many endpoints as the size of a pick chain: one more, and the frontend needs the next one. */
const FULL_CLASS = 16;

function crossClass({ population, cluster, time }: Bed): TimedChange {
  return async (round) => {
    const service = serviceOf(population, round);
    const scaleTo = (count: number) =>
      time(() => cluster.putEndpoints({ ...service, pods: podsOf(service, count) }));
    await scaleTo(FULL_CLASS);
    return scaleTo(FULL_CLASS + 1);
  };
}

/** The Service's own pods and, beyond them, those of the next Services. */
function podsOf({ pods }: PopulationService, count: number): number[] {
  const [first = 0] = pods;
  return Array.from({ length: count }, (_, i) => first + i);
}

function serviceOf(services: readonly PopulationService[], round: number): PopulationService {
  const service = services[(round * 7_919) % services.length];
  if (!service) throw new Error('the population is empty');
  return service;
}

/** What each took in each round but the first ones. */
async function inTurns(rounds: number, changes: readonly TimedChange[]): Promise<number[][]> {
  const samples = changes.map((): number[] => []);
  for (let round = 0; round < WARM_UP + rounds; round++) {
    for (const [i, change] of changes.entries()) {
      const ms = await change(round);
      if (round >= WARM_UP) samples[i]?.push(ms);
    }
  }
  return samples;
}

function durationFigure(what: string, samples: readonly number[], goal: Goal): Figure {
  const detail = `p99 ${quantityText(quantile(samples, 0.99), 'ms')} of ${samples.length}`;
  return { what: `${what}, p50`, ...goal, measured: median(samples), unit: 'ms', detail };
}
