// What a scrape of the metrics costs on a node of a large cluster.
import { resolve } from 'node:path';
import { Daemon } from '../parts/daemon.ts';
import { ServedCluster } from '../parts/served-cluster.ts';
import { quantile } from '../parts/statistics.ts';
import { uniformServices } from '../populations/populations.ts';
import { quantityText } from '../report/figure.ts';
import { ENDPOINTS, type Row } from './row.ts';

const GOAL_MS = 20;

const PROGRAM = resolve(import.meta.dirname, '../programs/scrape.ts');

export const scrapeRow: Row = {
  name: 'scrape',
  run: async ({ netns, sizes }) => {
    const cluster = await ServedCluster.start(uniformServices(sizes.services, ENDPOINTS));
    const daemon = await Daemon.start({ factory: netns, cluster, mode: 'legacy' });
    await daemon.firstSync();
    const { times, bytes } = JSON.parse(await daemon.runBeside(process.execPath, [PROGRAM]));
    await daemon.stop();
    await cluster.close();
    return [
      {
        what: `scrape of /metrics, ${sizes.services} Services × ${ENDPOINTS}, p90`,
        ...{ atMost: GOAL_MS, measured: quantile(times, 0.9), unit: 'ms' },
        detail: `median ${quantityText(quantile(times, 0.5), 'ms')}, ${bytes} bytes`,
      },
    ];
  },
};
