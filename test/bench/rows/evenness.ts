// Whether every endpoint of a Service is equally likely, whatever their number: real connections, counted by who answers.

import { unevenness } from '../parts/chi-square.ts';
import { createLane } from '../parts/lane.ts';
import type { BenchMode } from '../parts/mode.ts';
import { createOurs } from '../parts/ours.ts';
import { createConnector } from '../parts/timed-connect.ts';
import { uniformServices } from '../populations/populations.ts';
import { recordsOf } from '../populations/records.ts';
import type { Figure } from '../report/figure.ts';
import type { Row, RowContext } from './row.ts';

const ENDPOINT_COUNTS = [3, 7, 10, 33, 250, 1_000];

export function evennessRow(mode: BenchMode): Row {
  return {
    name: `evenness-${mode}`,
    run: async (context) => {
      const figures: Figure[] = [];
      for (const endpoints of ENDPOINT_COUNTS) figures.push(await measure(context, mode, endpoints));
      return figures;
    },
  };
}

/** One in a hundred of even choices misses the goal. */
async function measure({ netns, sizes }: RowContext, mode: BenchMode, endpoints: number): Promise<Figure> {
  const lane = await createLane(netns);
  const [service] = uniformServices(1, endpoints);
  if (!service) throw new Error('the population is empty');
  const ours = createOurs(lane.router, mode, recordsOf([service]));
  await ours.sync('start');
  const { connect, close } = createConnector(lane, 8080);
  const counts = new Map<string, number>();
  for (let i = 0; i < sizes.evennessConnections; i++) {
    const { endpoint } = connect(service.clusterIp, 80);
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
  }
  close();
  ours.close();
  await lane.remove();
  const all = Array.from({ length: endpoints }, (_, i) => [...counts.values()][i] ?? 0);
  return {
    what: `choice among ${endpoints} endpoints, ${mode}: chi-square / its limit at 1 %`,
    ...{ atMost: 1, measured: unevenness(all), unit: 'ratio' },
    detail: `${sizes.evennessConnections} connections, ${Math.min(...all)} to ${Math.max(...all)} to one endpoint`,
  };
}
