// Our own pipeline without the daemon around it: the same ModelState, FamilySync and dataplane, in a namespace of the bench.
import type { SyncCause, SyncReport } from '../../../src/status/snapshot.ts';
import { FamilySync } from '../../../src/sync/family-sync.ts';
import type { ModelState } from '../../../src/sync/model-state.ts';
import { type SyncObserver, tellAll } from '../../../src/sync/observer.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';
import type { PopulationRecords } from '../populations/records.ts';
import { kernelIn } from './kernel-in.ts';
import type { BenchMode } from './mode.ts';
import { modelOf } from './model.ts';
import type { Netns } from './netns.ts';
import { planSettingsOf } from './plan-settings.ts';

export interface Ours {
  readonly model: ModelState;
  /** Throws unless the sync wrote something and all of it. */
  readonly sync: (cause: SyncCause) => Promise<SyncReport>;
  /** Before the namespace is removed. */
  readonly close: () => void;
}

/** Knows the population, and has written nothing yet. */
export function createOurs(
  netns: Netns,
  mode: BenchMode,
  records: PopulationRecords,
  listener: Partial<SyncObserver> = {},
): Ours {
  const observer = tellAll([listener]);
  const model = modelOf(records);
  const { kernel, close } = kernelIn(netns, mode);
  const family = new FamilySync({
    kernel,
    model,
    settings: planSettingsOf(mode),
    clock: systemClock,
    random: Math.random,
    observer,
  });
  return {
    model,
    sync: async (cause) => {
      observer.onSyncStart('IPv4');
      const report = await family.sync(cause);
      observer.onSync(report, family.status());
      // As the other family of a daemon does: what it does not take adds up.
      runToEnd(model.takeChanges('IPv6'));
      const { setAside } = family.status();
      if (report.outcome !== 'committed' || setAside.length > 0)
        throw new Error(`the sync did not commit everything: ${report.error || setAside[0]?.reason}`);
      return report;
    },
    close,
  };
}
