// Joins sync, the kernel's table of flows, log and metrics: after syncs, the stale UDP flows of each family are removed.
import type { BaseLogger } from 'pino';
import { type FlowObserver, FlowReconciler } from '../flows/flow-reconciler.ts';
import type { IpFamily } from '../model/ip.ts';
import type { Metrics } from '../status/metrics.ts';
import type { SyncObserver } from '../sync/observer.ts';
import { Conntrack } from '../system/conntrack.ts';
import { openNetlinkSocket } from '../system/netlink/netlink-socket.ts';
import type { Clock } from '../util/clock.ts';

export interface FlowsOptions {
  readonly families: readonly IpFamily[];
  readonly metrics: Pick<Metrics, 'onFlowCheck'>;
  readonly log: Pick<BaseLogger, 'debug' | 'info' | 'warn'>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface Flows extends Pick<SyncObserver, 'onSyncStart' | 'onCommit' | 'onSync'> {
  /** Ends when the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export function createFlows({ families, metrics, log, ...time }: FlowsOptions): Flows {
  const openTable = () => Conntrack.open(openNetlinkSocket);
  const observer = observerOf({ metrics, log });
  const reconcilers = families.map((family) => new FlowReconciler({ family, openTable, observer, ...time }));
  return {
    onSyncStart: () => {
      for (const reconciler of reconcilers) reconciler.onSyncStart();
    },
    onCommit: (change) => {
      for (const reconciler of reconcilers) reconciler.onCommit(change);
    },
    onSync: ({ family, cause, outcome }) => {
      const end = { family, hasFailed: outcome === 'failed', isComplete: cause !== 'changes' };
      for (const reconciler of reconcilers) reconciler.onSyncEnd(end);
    },
    run: async (signal) => {
      await Promise.all(reconcilers.map((reconciler) => reconciler.run(signal)));
    },
  };
}

function observerOf({ metrics, log }: Pick<FlowsOptions, 'metrics' | 'log'>): FlowObserver {
  return {
    onCheck: (report) => {
      metrics.onFlowCheck(report);
      if (report.removed > 0) log.info(report, 'stale UDP flows removed');
      else log.debug(report, 'no stale UDP flows');
    },
    onFailure: (family, err) => log.warn({ family, err }, 'cannot remove stale UDP flows, will retry'),
  };
}
