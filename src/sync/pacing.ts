// When the next sync may start. Pure: times in, time out.
import type { SyncReport } from '../status/snapshot.ts';

export interface Pacing {
  /**
   * The mode's `minSyncPeriod` where the operator set it: the least time between the starts of two syncs. undefined: adapt to what a
   * sync costs.
   */
  readonly minSyncPeriodMs: number | undefined;
}

export type LastSync = Pick<SyncReport, 'cause' | 'startedAtMs' | 'endedAtMs'>;

/**
 * Syncs may use a fifth of a core: iptables-legacy replaces the whole table for the smallest change (0.4 s at 10,000
 * Services), so a node that followed each change at once would do nothing else.
 */
const REST_PER_WORK = 4;

/** Part of what a sync takes may be waiting for the lock that all users of iptables share, which costs nothing. */
const MAX_REST_MS = 5_000;

/**
 * The earliest time for the next sync. After a quiet time that is now; under a burst, syncs are spaced so that whatever
 * arrives meanwhile goes into one. The first sync and audits cost far more than what follows them, and are rare: a change
 * does not wait for them to be slept off.
 */
export function nextSyncAt(pacing: Pacing, last: LastSync | undefined): number {
  if (!last) return 0;
  const { cause, startedAtMs, endedAtMs } = last;
  if (pacing.minSyncPeriodMs !== undefined) return Math.max(endedAtMs, startedAtMs + pacing.minSyncPeriodMs);
  const needsRest = cause === 'changes' || cause === 'tampering';
  return needsRest ? endedAtMs + Math.min(MAX_REST_MS, REST_PER_WORK * (endedAtMs - startedAtMs)) : endedAtMs;
}
