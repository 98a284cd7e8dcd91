// How many rules stand in the nat table, as the kernel lists them, ours against kube-proxy's shape.
import { saveProgram } from '../../../src/dataplane/iptables/tools.ts';
import type { Netns } from '../parts/netns.ts';
import { createOurs } from '../parts/ours.ts';
import { planOf } from '../parts/plan.ts';
import { theirsOf } from '../parts/theirs.ts';
import { mixed, type NamedPopulation, uniform } from '../populations/named-population.ts';
import { type PopulationRecords, recordsOf } from '../populations/records.ts';
import type { Figure, Goal } from '../report/figure.ts';
import { ENDPOINTS, type Row, type RowContext } from './row.ts';

const GOAL: Goal = { atMost: 0.45 };

export const ruleCountRow: Row = {
  name: 'rule-count',
  run: async (context) => {
    const { services } = context.sizes;
    return [
      await figure(context, uniform(services, ENDPOINTS), GOAL),
      await figure(context, mixed(services), {}),
    ];
  },
};

async function figure(context: RowContext, population: NamedPopulation, goal: Goal): Promise<Figure> {
  const { ours, theirs } = await count(context, recordsOf(population.services));
  const what = `rules in nat, ${population.what}: ours / kube-proxy's shape`;
  return { what, ...goal, measured: ours / theirs, unit: 'ratio', detail: `${ours} / ${theirs}` };
}

interface Counts {
  readonly ours: number;
  readonly theirs: number;
}

async function count({ netns }: RowContext, records: PopulationRecords): Promise<Counts> {
  const [ourPlace, theirPlace] = [await netns.create(), await netns.create()];
  await createOurs(ourPlace, 'legacy', records).sync('start');
  await theirsOf('legacy', planOf(records, 'legacy')).writeAll(theirPlace);
  const counts = { ours: await natRules(ourPlace), theirs: await natRules(theirPlace) };
  await Promise.all([ourPlace.remove(), theirPlace.remove()]);
  return counts;
}

async function natRules(place: Netns): Promise<number> {
  const saved = await place.run(saveProgram('legacy', 'IPv4'), ['-t', 'nat']);
  return saved.match(/^-A /gm)?.length ?? 0;
}
