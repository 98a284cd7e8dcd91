// Memory of the daemon: resident, at its peak while it starts, and together with the tools that it runs.
import { setTimeout as sleep } from 'node:timers/promises';
import { Daemon } from '../parts/daemon.ts';
import { createMemoryCgroup } from '../parts/memory-cgroup.ts';
import type { BenchMode } from '../parts/mode.ts';
import { processUsage } from '../parts/process-usage.ts';
import { ServedCluster } from '../parts/served-cluster.ts';
import type { NamedPopulation } from '../populations/named-population.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import type { Figure } from '../report/figure.ts';
import type { Row, RowContext, Sizes } from './row.ts';

/** After which a heap that is not used has been given back, if it ever is. */
const SETTLE_MS = 20_000;

const CHANGES = 20;
const CHANGE_EVERY_MS = 500;

export interface MemoryCase {
  readonly mode: BenchMode;
  readonly population: (sizes: Sizes) => NamedPopulation;
  readonly goals?: MemoryGoals;
}

/** In MiB. */
interface MemoryGoals {
  readonly steady?: number;
  readonly peak?: number;
  readonly together?: number;
}

export function memoryRow(name: string, cases: readonly MemoryCase[]): Row {
  return {
    name,
    run: async (context) => {
      const figures: Figure[] = [];
      for (const one of cases) figures.push(...(await measure(context, one)));
      return figures;
    },
  };
}

async function measure({ netns, sizes }: RowContext, spec: MemoryCase): Promise<Figure[]> {
  const { mode, goals = {} } = spec;
  const { what, services } = spec.population(sizes);
  const cluster = await ServedCluster.start(services);
  const cgroup = createMemoryCgroup(`fairlead-bench-${process.pid}`);
  const daemon = await Daemon.start({ factory: netns, cluster, mode, cgroup });
  await daemon.firstSync();
  const { peakRssMiB } = processUsage(daemon.pid);
  const togetherMiB = cgroup?.peakMiB() ?? Number.NaN;
  await changeAFew(cluster, services);
  const { rssMiB } = processUsage(daemon.pid);
  await daemon.stop();
  await cluster.close();
  cgroup?.remove();
  const figure = (text: string, measured: number, atMost: number | undefined, detail: string): Figure => ({
    what: `${text}, ${mode}, ${what}`,
    ...{ atMost, measured, unit: 'MiB', detail },
  });
  return [
    figure(
      'resident memory',
      rssMiB,
      goals.steady,
      `VmRSS after ${CHANGES} changes and ${SETTLE_MS / 1_000} s`,
    ),
    figure('resident memory, peak at start', peakRssMiB, goals.peak, 'VmHWM at the first sync'),
    figure(
      'daemon and children, peak at start',
      togetherMiB,
      goals.together,
      cgroup ? 'memory cgroup, kernel memory and page cache included' : 'no memory cgroup on this machine',
    ),
  ];
}

/** A daemon that has only started has not shown yet what it keeps. */
async function changeAFew(cluster: ServedCluster, population: readonly PopulationService[]): Promise<void> {
  for (let round = 0; round < CHANGES; round++) {
    const service = population[(round * 7_919) % population.length];
    if (service && service.pods.length > 1) cluster.changeEndpoint(service, round);
    await sleep(CHANGE_EVERY_MS);
  }
  await sleep(SETTLE_MS);
}
