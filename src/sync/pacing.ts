// When the next sync may start. Pure: times in, time out.

export interface Pacing {
  /**
   * `iptables.minSyncPeriod` where the operator set it: the least time between the starts of two syncs. undefined: adapt to what a
   * sync costs.
   */
  readonly minSyncPeriodMs: number | undefined;
}

export interface LastSync {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/**
 * Syncs may use a fifth of a core: iptables-legacy replaces the whole table for the smallest change (0.4 s at 10,000
 * Services), so a node that followed each change at once would do nothing else.
 */
const REST_PER_WORK = 4;

/**
 * The earliest time for the next sync. After a quiet time that is now; under a burst, syncs are spaced so that whatever
 * arrives meanwhile goes into one.
 */
export function nextSyncAt(pacing: Pacing, last: LastSync | undefined): number {
  if (!last) return 0;
  if (pacing.minSyncPeriodMs !== undefined)
    return Math.max(last.endedAtMs, last.startedAtMs + pacing.minSyncPeriodMs);
  return last.endedAtMs + REST_PER_WORK * (last.endedAtMs - last.startedAtMs);
}
