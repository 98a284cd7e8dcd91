// For how long the daemon's event loop stands still at most while it starts: nobody else is served meanwhile.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Daemon } from '../parts/daemon.ts';
import type { BenchMode } from '../parts/mode.ts';
import { ServedCluster } from '../parts/served-cluster.ts';
import { median } from '../parts/statistics.ts';
import { mixed, type NamedPopulation, uniform } from '../populations/named-population.ts';
import { type Figure, type Goal, quantityText } from '../report/figure.ts';
import { ENDPOINTS, type Row, type RowContext } from './row.ts';

const PRELOAD = pathToFileURL(resolve(import.meta.dirname, '../programs/loop-delay.ts')).href;

export function loopBlockRow(name: string, mode: BenchMode, goal: Goal): Row {
  return {
    name,
    run: async (context) => {
      const { services } = context.sizes;
      return [
        await blockFigure(context, { mode, population: uniform(services, ENDPOINTS), goal }),
        await blockFigure(context, { mode, population: mixed(services), goal: {} }),
      ];
    },
  };
}

interface BlockCase {
  readonly mode: BenchMode;
  readonly population: NamedPopulation;
  readonly goal: Goal;
}

async function blockFigure(
  { netns, sizes }: RowContext,
  { mode, population, goal }: BlockCase,
): Promise<Figure> {
  const cluster = await ServedCluster.start(population.services);
  const file = join(netns.directory, 'loop-delay');
  const samples: number[] = [];
  for (let round = 0; round < sizes.fullRounds; round++) {
    const daemon = await Daemon.start({
      ...{ factory: netns, cluster, mode },
      ...{ nodeArgs: ['--import', PRELOAD], env: { LOOP_DELAY_FILE: file } },
    });
    await daemon.firstSync();
    await daemon.stop();
    await cluster.close();
    samples.push(Number(readFileSync(file, 'utf8')));
  }
  return {
    what: `longest event-loop block during the initial sync, ${mode}, ${population.what}`,
    ...{ ...goal, measured: median(samples), unit: 'ms' },
    detail: `each start: ${samples.map((sample) => quantityText(sample, 'ms')).join(', ')}`,
  };
}
