// From the start of the process to the first sync done, in both families.
import { Daemon } from '../parts/daemon.ts';
import { ServedCluster } from '../parts/served-cluster.ts';
import { median } from '../parts/statistics.ts';
import { mixedServices, uniformServices } from '../populations/populations.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import type { Figure } from '../report/figure.ts';
import { ENDPOINTS, type Row, type RowContext } from './row.ts';

export const startRow: Row = {
  name: 'start',
  run: async (context) => {
    const { services } = context.sizes;
    return [
      await startFigure(context, 'empty cluster', [], 0.6),
      await startFigure(
        context,
        `${services} Services × ${ENDPOINTS}`,
        uniformServices(services, ENDPOINTS),
        3,
      ),
      await startFigure(context, `${services} Services mixed`, mixedServices(services), undefined),
    ];
  },
};

async function startFigure(
  { netns, sizes }: RowContext,
  what: string,
  population: readonly PopulationService[],
  atMost: number | undefined,
): Promise<Figure> {
  const cluster = await ServedCluster.start(population);
  const seconds: number[] = [];
  for (let round = 0; round < sizes.fullRounds; round++) {
    const daemon = await Daemon.start({ factory: netns, cluster, variant: 'legacy' });
    seconds.push((await daemon.firstSync()) / 1_000);
    await daemon.stop();
    await cluster.close();
  }
  return {
    what: `start to first sync, legacy, ${what}`,
    ...{ atMost, measured: median(seconds), unit: 's' },
    detail: seconds.map((value) => `${value.toFixed(2)} s`).join(', '),
  };
}
