// When the next sync may start. Pure: times in, time out.
import type { SyncReport } from '../status/snapshot.ts';

export interface Pacing {
  /**
   * The mode's `minSyncPeriod` where the operator set it: the least time between the starts of two syncs. undefined: adapt to what
   * syncs cost.
   */
  readonly minSyncPeriodMs: number | undefined;
}

export type LastSync = Pick<SyncReport, 'cause' | 'startedAtMs' | 'endedAtMs'>;

/** What syncs may cost before they have to rest. It grows while they do. */
export interface Budget {
  /** Negative after a sync that cost more than there was. */
  readonly creditMs: number;
  /** When that was so. */
  readonly atMs: number;
}

/**
 * Syncs may use a fifth of a core: iptables-legacy replaces the whole table for the smallest change (0.4 s at 10,000
 * Services), so a node that followed each change at once would do nothing else.
 */
const TIME_PER_WORK = 5;

/** After a quiet time several syncs may follow each other at once: a new Service, then its endpoints. */
const MAX_CREDIT_MS = 100;

/** What a sync costs at least, with logging, metrics and the turns of the event loop: under a burst there are at most 28 a second. */
const MIN_COST_MS = 7;

/** Part of what a sync takes may be waiting for the lock that all users of iptables share, which costs nothing. */
const MAX_REST_MS = 5_000;

/** Before the first sync. */
export const FULL_BUDGET: Budget = { creditMs: MAX_CREDIT_MS, atMs: 0 };

/**
 * What is left after the sync. The first sync and audits cost far more than what follows them, and are rare: a change does not
 * wait for them to be slept off.
 */
export function budgetAfter({ creditMs, atMs }: Budget, { cause, startedAtMs, endedAtMs }: LastSync): Budget {
  const isCharged = cause === 'changes' || cause === 'tampering';
  const costMs = isCharged ? Math.max(MIN_COST_MS, endedAtMs - startedAtMs) : 0;
  const regainedMs = Math.min(MAX_CREDIT_MS, creditMs + (endedAtMs - atMs) / TIME_PER_WORK);
  return { creditMs: regainedMs - costMs, atMs: endedAtMs };
}

/**
 * The earliest time for the sync after the last one. After a quiet time that is now; under a burst, syncs are spaced so that whatever
 * arrives meanwhile goes into one.
 */
export function nextSyncAt({ minSyncPeriodMs }: Pacing, last: LastSync, { creditMs }: Budget): number {
  const { startedAtMs, endedAtMs } = last;
  if (minSyncPeriodMs !== undefined) return Math.max(endedAtMs, startedAtMs + minSyncPeriodMs);
  return endedAtMs + Math.min(MAX_REST_MS, Math.max(0, -creditMs) * TIME_PER_WORK);
}
