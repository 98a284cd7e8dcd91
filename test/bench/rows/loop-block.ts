// For how long the daemon's event loop stands still at most while it starts: nobody else is served meanwhile.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Daemon } from '../parts/daemon.ts';
import { ServedCluster } from '../parts/served-cluster.ts';
import { median } from '../parts/statistics.ts';
import { mixedServices, uniformServices } from '../populations/populations.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import { type Figure, quantityText } from '../report/figure.ts';
import { ENDPOINTS, type Row, type RowContext } from './row.ts';

const GOAL_MS = 50;

const PRELOAD = pathToFileURL(resolve(import.meta.dirname, '../programs/loop-delay.ts')).href;

export const loopBlockRow: Row = {
  name: 'loop-block',
  run: async (context) => {
    const { services } = context.sizes;
    const uniform = uniformServices(services, ENDPOINTS);
    return [
      await blockFigure(context, `${services} Services × ${ENDPOINTS}`, uniform, GOAL_MS),
      await blockFigure(context, `${services} Services mixed`, mixedServices(services), undefined),
    ];
  },
};

async function blockFigure(
  { netns, sizes }: RowContext,
  what: string,
  population: readonly PopulationService[],
  atMost: number | undefined,
): Promise<Figure> {
  const cluster = await ServedCluster.start(population);
  const file = join(netns.directory, 'loop-delay');
  const samples: number[] = [];
  for (let round = 0; round < sizes.fullRounds; round++) {
    const daemon = await Daemon.start({
      ...{ factory: netns, cluster, variant: 'legacy' },
      ...{ nodeArgs: ['--import', PRELOAD], env: { LOOP_DELAY_FILE: file } },
    });
    await daemon.firstSync();
    await daemon.stop();
    await cluster.close();
    samples.push(Number(readFileSync(file, 'utf8')));
  }
  return {
    what: `longest event-loop block during the initial sync, ${what}`,
    ...{ atMost, measured: median(samples), unit: 'ms' },
    detail: `each start: ${samples.map((sample) => quantityText(sample, 'ms')).join(', ')}`,
  };
}
