// Our own pipeline without the daemon around it: the same ModelState, FamilySync and dataplane, in a namespace of the bench.
import {
  createIptablesDataplane,
  type IptablesDataplane,
} from '../../../src/dataplane/iptables/iptables-dataplane.ts';
import type { RuleCounter } from '../../../src/dataplane/iptables/tamper-probe.ts';
import type { IptablesVariant } from '../../../src/dataplane/iptables/tools.ts';
import type { SyncCause, SyncReport } from '../../../src/status/snapshot.ts';
import { FamilySync } from '../../../src/sync/family-sync.ts';
import { type AnyKernelMirror, KernelMirror } from '../../../src/sync/kernel-mirror.ts';
import type { ModelState } from '../../../src/sync/model-state.ts';
import { type SyncObserver, tellAll } from '../../../src/sync/observer.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { type Sysctl, sysctl } from '../../../src/system/sysctl.ts';
import { systemClock } from '../../../src/util/clock.ts';
import type { PopulationRecords } from '../populations/records.ts';
import type { BenchMode } from './mode.ts';
import { modelOf } from './model.ts';
import type { Netns } from './netns.ts';
import { planSettingsOf } from './plan-settings.ts';

export interface Ours {
  readonly model: ModelState;
  /** Throws unless the sync wrote something and all of it. */
  readonly sync: (cause: SyncCause) => Promise<SyncReport>;
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
  const family = new FamilySync({
    kernel: mirrorIn(netns, mode),
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
      model.takeChanges('IPv6');
      const { setAside } = family.status();
      if (report.outcome !== 'committed' || setAside.length > 0)
        throw new Error(`the sync did not commit everything: ${report.error || setAside[0]?.reason}`);
      return report;
    },
  };
}

function mirrorIn(netns: Netns, mode: BenchMode): AnyKernelMirror {
  if (mode === 'nftables') throw new Error('the nftables dataplane is not assembled yet');
  return new KernelMirror(iptablesDataplaneIn(netns, mode));
}

export function iptablesDataplaneIn(netns: Netns, variant: IptablesVariant): IptablesDataplane {
  return createIptablesDataplane({
    family: 'IPv4',
    variant,
    features: { hasSets: true, hasAccounting: true, isTcpBeLiberal: false },
    exec: netns.exec,
    sysctl: sysctlIn(netns),
    ruleCounter: NO_COUNTER,
  });
}

/** /proc/sys/net shows the namespace of whoever looks. */
function sysctlIn({ name: netns }: Netns): Sysctl {
  return {
    read: (name) => inNetns(netns, () => sysctl.read(name)),
    write: (name, value) => inNetns(netns, () => sysctl.write(name, value)),
  };
}

/** Nobody looks for tampering here: that costs nothing of what is measured. */
const NO_COUNTER: RuleCounter = {
  *count() {
    yield;
    return undefined;
  },
  countOf: () => 0,
  hasChanged: () => false,
};
