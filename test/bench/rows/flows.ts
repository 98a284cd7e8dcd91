// What the removal of stale UDP flows from a large table costs the syncs beside it, the event loop and memory.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { alternate, type Comparison, elapsedMs } from '../parts/alternate.ts';
import { changedSlice, eventOfLine, watchLine } from '../parts/endpoint-change.ts';
import { FlowsBed } from '../parts/flows-bed.ts';
import { median } from '../parts/statistics.ts';
import { uniformServices } from '../populations/populations.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import { type Figure, quantityText } from '../report/figure.ts';
import { ENDPOINTS, type Row } from './row.ts';

/** Well after the listing has begun. */
const UNDER_WAY_MS = 30;
const SAMPLE_EVERY_MS = 5;

export const flowsRow: Row = {
  name: 'flows',
  run: async ({ netns, sizes }) => {
    const population = uniformServices(sizes.services, ENDPOINTS);
    const bed = await FlowsBed.start({ factory: netns, population, flows: sizes.flows });
    const costs: RemovalCosts[] = [];
    for (let round = 0; round < sizes.changeRounds; round++) costs.push(await removeAlone(bed));
    const comparison = await compareSyncs(bed, population, sizes.changeRounds);
    await bed.close();
    const what = `stale UDP flows removed, ${sizes.flows} tracked`;
    return [ratioFigure(`${what}: a sync meanwhile / without`, comparison), ...costFigures(what, costs)];
  },
};

interface RemovalCosts {
  readonly loopBlockMs: number;
  readonly memoryMiB: number;
  readonly seconds: number;
}

async function removeAlone(bed: FlowsBed): Promise<RemovalCosts> {
  const { removal } = await bed.beginRemoval();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const before = process.memoryUsage.rss();
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, SAMPLE_EVERY_MS);
  const { elapsedMs: removalMs } = await removal;
  clearInterval(sampler);
  delay.disable();
  await bed.endRemoval(removal);
  return { loopBlockMs: delay.max / 1e6, memoryMiB: (peak - before) / 2 ** 20, seconds: removalMs / 1_000 };
}

/** One endpoint of a TCP Service changed: while flows are removed, and while not. */
function compareSyncs(
  bed: FlowsBed,
  population: readonly PopulationService[],
  rounds: number,
): Promise<Comparison> {
  let change = 0;
  const sync = () => {
    const service = population[(change * 7_919) % population.length];
    if (!service) throw new Error('the population is empty');
    bed.ours.model.handleEndpointSlice(eventOfLine(watchLine(changedSlice(service, change++))));
    return elapsedMs(() => bed.ours.sync('changes'));
  };
  const syncMeanwhile = async () => {
    const { removal } = await bed.beginRemoval();
    const isOver = await Promise.race([removal.then(() => true), sleep(UNDER_WAY_MS, false)]);
    if (isOver) throw new Error('too few flows: their removal was over before the sync began');
    const syncMs = await sync();
    await bed.endRemoval(removal);
    return syncMs;
  };
  return alternate(rounds, syncMeanwhile, sync);
}

function ratioFigure(what: string, { ratio, oursMs, theirsMs }: Comparison): Figure {
  const detail = `${quantityText(oursMs, 'ms')} / ${quantityText(theirsMs, 'ms')}`;
  return { what, atMost: 1.1, measured: ratio, unit: 'ratio', detail };
}

function costFigures(what: string, costs: readonly RemovalCosts[]): Figure[] {
  const figure = (part: string, atMost: number | undefined, unit: Figure['unit'], samples: number[]) => ({
    what: `${what}: ${part}`,
    ...{ atMost, measured: median(samples), unit },
    detail: samples.map((sample) => quantityText(sample, unit)).join(', '),
  });
  return [
    figure(
      'longest event-loop block',
      20,
      'ms',
      costs.map(({ loopBlockMs }) => loopBlockMs),
    ),
    figure(
      'memory',
      30,
      'MiB',
      costs.map(({ memoryMiB }) => memoryMiB),
    ),
    figure(
      'until the last is gone',
      undefined,
      's',
      costs.map(({ seconds }) => seconds),
    ),
  ];
}
