// How many rules stand in the nat table, as the kernel lists them, ours against kube-proxy's shape.
import { saveProgram } from '../../../src/dataplane/iptables/tools.ts';
import type { Netns } from '../parts/netns.ts';
import { createOurs } from '../parts/ours.ts';
import { planOf } from '../parts/plan.ts';
import { restoreAll, theirsOf } from '../parts/theirs.ts';
import { mixedServices, uniformServices } from '../populations/populations.ts';
import { type PopulationRecords, recordsOf } from '../populations/records.ts';
import type { Figure } from '../report/figure.ts';
import { ENDPOINTS, type Row, type RowContext } from './row.ts';

const GOAL = 0.45;

export const ruleCountRow: Row = {
  name: 'rule-count',
  run: async (context) => {
    const { services } = context.sizes;
    const uniform = await count(context, recordsOf(uniformServices(services, ENDPOINTS)));
    const mixed = await count(context, recordsOf(mixedServices(services)));
    return [
      figure(`${services} Services × ${ENDPOINTS}`, uniform, GOAL),
      figure(`${services} Services mixed`, mixed, undefined),
    ];
  },
};

interface Counts {
  readonly ours: number;
  readonly theirs: number;
}

async function count({ netns }: RowContext, records: PopulationRecords): Promise<Counts> {
  const [ourPlace, theirPlace] = [await netns.create(), await netns.create()];
  await createOurs(ourPlace, 'legacy', records).sync('start');
  await restoreAll(theirPlace, 'legacy', theirsOf(planOf(records)));
  const counts = { ours: await natRules(ourPlace), theirs: await natRules(theirPlace) };
  await Promise.all([ourPlace.remove(), theirPlace.remove()]);
  return counts;
}

async function natRules(place: Netns): Promise<number> {
  const saved = await place.run(saveProgram('legacy', 'IPv4'), ['-t', 'nat']);
  return saved.match(/^-A /gm)?.length ?? 0;
}

function figure(population: string, { ours, theirs }: Counts, atMost: number | undefined): Figure {
  const what = `rules in nat, ${population}: ours / kube-proxy's shape`;
  return { what, atMost, measured: ours / theirs, unit: 'ratio', detail: `${ours} / ${theirs}` };
}
