// A full sync into an empty kernel, plan, render and write, against what kube-proxy's tools take for its shape of the same objects.
import { alternate, type Comparison, elapsedMs } from '../parts/alternate.ts';
import type { BenchMode } from '../parts/mode.ts';
import { createOurs } from '../parts/ours.ts';
import { planOf } from '../parts/plan.ts';
import { theirsOf } from '../parts/theirs.ts';
import type { NamedPopulation } from '../populations/named-population.ts';
import { type PopulationRecords, recordsOf } from '../populations/records.ts';
import type { Figure, Goal } from '../report/figure.ts';
import { comparisonFigureOf } from './comparison-figure.ts';
import type { Row, RowContext, Sizes } from './row.ts';

export interface FullSyncSpec {
  readonly mode: BenchMode;
  readonly cases: readonly FullSyncCase[];
}

export interface FullSyncCase {
  readonly population: (sizes: Sizes) => NamedPopulation;
  readonly rounds: (sizes: Sizes) => number;
  readonly goal: Goal;
}

export function fullSyncRow({ mode, cases }: FullSyncSpec): Row {
  return {
    name: `full-sync-${mode}`,
    run: async (context) => {
      const figures: Figure[] = [];
      for (const { population, rounds, goal } of cases) {
        const { what, services } = population(context.sizes);
        const comparison = await compare(context, { mode, rounds, records: recordsOf(services) });
        figures.push(comparisonFigureOf(mode, `full sync, ${mode}, ${what}`, comparison, goal));
      }
      return figures;
    },
  };
}

interface CompareSpec extends Pick<FullSyncCase, 'rounds'> {
  readonly mode: BenchMode;
  readonly records: PopulationRecords;
}

function compare({ netns, sizes }: RowContext, { mode, rounds, records }: CompareSpec): Promise<Comparison> {
  const theirs = theirsOf(mode, planOf(records, mode));
  const theirSync = theirs.fullSync();
  return alternate(
    rounds(sizes),
    async () => {
      const place = await netns.create();
      const ours = createOurs(place, mode, records);
      const ms = await elapsedMs(() => ours.sync('start'));
      ours.close();
      await place.remove();
      return ms;
    },
    async () => {
      const place = await netns.create();
      await theirs.prepare(place);
      const ms = await elapsedMs(() => theirSync(place));
      await place.remove();
      return ms;
    },
  );
}
