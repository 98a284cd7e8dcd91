// From the start of the process to the first sync done, in both families.
import { Daemon } from '../parts/daemon.ts';
import type { BenchMode } from '../parts/mode.ts';
import { ServedCluster } from '../parts/served-cluster.ts';
import { median } from '../parts/statistics.ts';
import { mixed, type NamedPopulation, uniform } from '../populations/named-population.ts';
import type { Figure, Goal } from '../report/figure.ts';
import { ENDPOINTS, type Row, type RowContext } from './row.ts';

/** Of the empty cluster and of the uniform population; the mixed one is reported. */
export interface StartGoals {
  readonly empty: Goal;
  readonly uniform: Goal;
}

export function startRow(name: string, mode: BenchMode, goals: StartGoals): Row {
  return {
    name,
    run: async (context) => {
      const { services } = context.sizes;
      const empty: NamedPopulation = { what: 'empty cluster', services: [] };
      return [
        await startFigure(context, { mode, population: empty, goal: goals.empty }),
        await startFigure(context, { mode, population: uniform(services, ENDPOINTS), goal: goals.uniform }),
        await startFigure(context, { mode, population: mixed(services), goal: {} }),
      ];
    },
  };
}

interface StartCase {
  readonly mode: BenchMode;
  readonly population: NamedPopulation;
  readonly goal: Goal;
}

async function startFigure(
  { netns, sizes }: RowContext,
  { mode, population, goal }: StartCase,
): Promise<Figure> {
  const cluster = await ServedCluster.start(population.services);
  const seconds: number[] = [];
  for (let round = 0; round < sizes.fullRounds; round++) {
    const daemon = await Daemon.start({ factory: netns, cluster, mode });
    seconds.push((await daemon.firstSync()) / 1_000);
    await daemon.stop();
    await cluster.close();
  }
  return {
    what: `start to first sync, ${mode}, ${population.what}`,
    ...{ ...goal, measured: median(seconds), unit: 's' },
    detail: seconds.map((value) => `${value.toFixed(2)} s`).join(', '),
  };
}
