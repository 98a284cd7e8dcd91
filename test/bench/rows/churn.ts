// A hundred endpoint changes a second that go on and on: whether the daemon keeps up, and how long each change takes.
import { setTimeout as sleep } from 'node:timers/promises';
import { Daemon, type SyncLine } from '../parts/daemon.ts';
import { processUsage } from '../parts/process-usage.ts';
import { ServedCluster } from '../parts/served-cluster.ts';
import { median, quantile } from '../parts/statistics.ts';
import { uniformServices } from '../populations/populations.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import { quantityText } from '../report/figure.ts';
import { ENDPOINTS, type Row } from './row.ts';

const CHANGES_PER_SECOND = 100;

/** Lag that grows doubles over and over in a minute: from the first third to the last, noise alone stays below this. */
const GOAL_GROWTH = 1.5;

/** For the last changes to be committed. */
const DRAIN_MS = 10_000;

export const churnRow: Row = {
  name: 'churn',
  run: async ({ netns, sizes }) => {
    const population = uniformServices(sizes.services, ENDPOINTS);
    const cluster = await ServedCluster.start(population);
    const daemon = await Daemon.start({ factory: netns, cluster, variant: 'legacy' });
    await daemon.firstSync();
    const before = processUsage(daemon.pid).cpuMs;
    await change(cluster, population, sizes.watchMs);
    const cpuMs = processUsage(daemon.pid).cpuMs - before;
    await sleep(DRAIN_MS);
    const syncs = daemon.syncs.filter(({ cause, family }) => cause === 'changes' && family === 'IPv4');
    await daemon.stop();
    await cluster.close();
    const what = `${CHANGES_PER_SECOND} endpoint changes a second for ${sizes.watchMs / 1_000} s, legacy`;
    return [
      { what: `${what}: lag, last third / first third`, ...{ atMost: GOAL_GROWTH, ...growth(syncs) } },
      {
        what: `${what}: event to commit, p99`,
        ...{
          atMost: undefined,
          measured:
            quantile(
              syncs.map(({ lagMs }) => lagMs),
              0.99,
            ) / 1_000,
          unit: 's',
        },
        detail: `of the oldest change in each of ${syncs.length} syncs; ${cpuShare(cpuMs, sizes.watchMs)}`,
      },
    ];
  },
};

async function change(
  cluster: ServedCluster,
  population: readonly PopulationService[],
  durationMs: number,
): Promise<void> {
  const start = performance.now();
  const count = (CHANGES_PER_SECOND * durationMs) / 1_000;
  for (let round = 0; round < count; round++) {
    const service = population[(round * 7_919) % population.length];
    if (service) cluster.changeEndpoint(service, round);
    const dueMs = start + ((round + 1) * 1_000) / CHANGES_PER_SECOND;
    await sleep(Math.max(0, dueMs - performance.now()));
  }
}

function growth(syncs: readonly SyncLine[]) {
  const third = Math.max(1, Math.floor(syncs.length / 3));
  const medianLag = (part: readonly SyncLine[]) => median(part.map(({ lagMs }) => lagMs));
  const [first, last] = [medianLag(syncs.slice(0, third)), medianLag(syncs.slice(-third))];
  return {
    measured: last / first,
    unit: 'ratio' as const,
    detail: `median lag ${quantityText(last, 'ms')} / ${quantityText(first, 'ms')}`,
  };
}

function cpuShare(cpuMs: number, durationMs: number): string {
  return `${((100 * cpuMs) / durationMs).toFixed(0)} % of a core, children included`;
}
