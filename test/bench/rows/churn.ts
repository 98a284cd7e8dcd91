// Endpoint changes that go on and on: whether the daemon keeps up, how long each change takes, and what it costs.
import { setTimeout as sleep } from 'node:timers/promises';
import { Daemon, type SyncLine } from '../parts/daemon.ts';
import type { BenchMode } from '../parts/mode.ts';
import { processUsage } from '../parts/process-usage.ts';
import { ServedCluster } from '../parts/served-cluster.ts';
import { mean, median, quantile } from '../parts/statistics.ts';
import { uniformServices } from '../populations/populations.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import { type Figure, type Goal, quantityText } from '../report/figure.ts';
import { ENDPOINTS, type Row, type RowContext, type Sizes } from './row.ts';

export interface ChurnCase {
  readonly mode: BenchMode;
  readonly perSecond: number;
  readonly durationMs: (sizes: Sizes) => number;
  /** What is reported, with a goal or without. */
  readonly goals: { readonly [aspect in Aspect]?: Goal };
}

/**
 * `growth`: of the lag, from the first third to the last: lag that grows doubles over and over in a minute. `p99`: of the lag.
 * `behind`: how long after the last change the last commit was. `cpu`: of one core, children included.
 */
type Aspect = 'growth' | 'p99' | 'behind' | 'cpu';

/** For the last changes to be committed. */
const DRAIN_MS = 10_000;

export function churnRow(name: string, cases: readonly ChurnCase[]): Row {
  return {
    name,
    run: async (context) => {
      const figures: Figure[] = [];
      for (const one of cases) figures.push(...figuresOf(one, context, await measure(context, one)));
      return figures;
    },
  };
}

interface Churned {
  readonly syncs: readonly SyncLine[];
  readonly cpuMs: number;
  readonly behindMs: number;
}

async function measure(
  { netns, sizes }: RowContext,
  { mode, perSecond, durationMs }: ChurnCase,
): Promise<Churned> {
  const population = uniformServices(sizes.services, ENDPOINTS);
  const cluster = await ServedCluster.start(population);
  const daemon = await Daemon.start({ factory: netns, cluster, mode });
  await daemon.firstSync();
  const before = processUsage(daemon.pid).cpuMs;
  await change(cluster, population, { perSecond, durationMs: durationMs(sizes) });
  const endMs = daemon.ageMs;
  const cpuMs = processUsage(daemon.pid).cpuMs - before;
  await sleep(DRAIN_MS);
  const syncs = daemon.syncs.filter(({ cause, family }) => cause === 'changes' && family === 'IPv4');
  await daemon.stop();
  await cluster.close();
  return { syncs, cpuMs, behindMs: Math.max(0, (syncs.at(-1)?.atMs ?? 0) - endMs) };
}

async function change(
  cluster: ServedCluster,
  population: readonly PopulationService[],
  { perSecond, durationMs }: { readonly perSecond: number; readonly durationMs: number },
): Promise<void> {
  const start = performance.now();
  const count = (perSecond * durationMs) / 1_000;
  for (let round = 0; round < count; round++) {
    const service = population[(round * 7_919) % population.length];
    if (service) cluster.changeEndpoint(service, round);
    const waitMs = start + ((round + 1) * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await sleep(waitMs);
  }
}

function figuresOf(
  { mode, perSecond, durationMs, goals }: ChurnCase,
  { sizes }: RowContext,
  churned: Churned,
) {
  const forMs = durationMs(sizes);
  const what = `${perSecond} endpoint changes a second for ${forMs / 1_000} s, ${mode}`;
  return (Object.keys(goals) as Aspect[]).map((aspect): Figure => {
    const { text, ...measured } = MEASURES[aspect](churned, forMs);
    return { what: `${what}: ${text}`, ...goals[aspect], ...measured };
  });
}

type Measure = Pick<Figure, 'measured' | 'unit' | 'detail'> & { readonly text: string };

const MEASURES: { readonly [aspect in Aspect]: (churned: Churned, durationMs: number) => Measure } = {
  growth: ({ syncs }) => {
    const third = Math.max(1, Math.floor(syncs.length / 3));
    const medianLag = (part: readonly SyncLine[]) => median(part.map(({ lagMs }) => lagMs));
    const [first, last] = [medianLag(syncs.slice(0, third)), medianLag(syncs.slice(-third))];
    const detail = `median lag ${quantityText(last, 'ms')} / ${quantityText(first, 'ms')}`;
    return { text: 'lag, last third / first third', measured: last / first, unit: 'ratio', detail };
  },
  p99: ({ syncs }) => {
    const batch = mean(syncs.map(({ changes }) => changes)).toFixed(1);
    const detail = `of the oldest change in each of ${syncs.length} syncs, ${batch} changes in each`;
    const lags = syncs.map(({ lagMs }) => lagMs);
    return { text: 'event to commit, p99', measured: quantile(lags, 0.99), unit: 'ms', detail };
  },
  behind: ({ behindMs }) => {
    const detail = 'the last commit after the last change';
    return { text: 'how far behind at the end', measured: behindMs, unit: 'ms', detail };
  },
  cpu: ({ cpuMs }, durationMs) => {
    const detail = `${cpuMs} ms, children included`;
    return { text: 'CPU', measured: (100 * cpuMs) / durationMs, unit: '%', detail };
  },
};
