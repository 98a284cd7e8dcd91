// A full sync into an empty kernel, plan, render and restore, against restoring kube-proxy's shape of the same objects.
import type { IptablesVariant } from '../../../src/dataplane/iptables/tools.ts';
import { fullRestore } from '../baseline/restore-text.ts';
import { alternate, elapsedMs } from '../parts/alternate.ts';
import { createOurs } from '../parts/ours.ts';
import { planOf } from '../parts/plan.ts';
import { restore, textOf, theirsOf } from '../parts/theirs.ts';
import { mixedServices, uniformServices } from '../populations/populations.ts';
import { type PopulationRecords, recordsOf } from '../populations/records.ts';
import { comparisonFigure } from './comparison-figure.ts';
import { ENDPOINTS, type Row, type RowContext } from './row.ts';

export function fullSyncRow(variant: IptablesVariant, atMost: number): Row {
  return {
    name: `full-sync-${variant}`,
    run: async (context) => {
      const { services, nftServices } = context.sizes;
      const count = variant === 'legacy' ? services : nftServices;
      const what = (population: string) => `full sync, ${variant}, ${count} Services ${population}`;
      const uniform = await compare(context, variant, recordsOf(uniformServices(count, ENDPOINTS)));
      const mixed = await compare(context, variant, recordsOf(mixedServices(count)));
      return [
        comparisonFigure(what(`× ${ENDPOINTS}`), uniform, atMost),
        comparisonFigure(what('mixed'), mixed, undefined),
      ];
    },
  };
}

function compare({ netns, sizes }: RowContext, variant: IptablesVariant, records: PopulationRecords) {
  const theirs = theirsOf(planOf(records));
  const text = textOf(fullRestore(theirs.rules));
  return alternate(
    variant === 'legacy' ? sizes.fullRounds : sizes.nftFullRounds,
    async () => {
      const place = await netns.create();
      const ours = createOurs(place, variant, records);
      const ms = await elapsedMs(() => ours.sync('start'));
      await place.remove();
      return ms;
    },
    async () => {
      const place = await netns.create();
      await restore(place, variant, theirs.jumps);
      const ms = await elapsedMs(() => restore(place, variant, text));
      await place.remove();
      return ms;
    },
  );
}
