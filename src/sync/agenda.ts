// What a family does next, and when. Pure, so that every order of events can be tested without a clock.
import type { SyncCause } from '../status/snapshot.ts';

/** Times are in milliseconds of the injected clock. */
export interface Agenda {
  /** Why everything has to be compared with the kernel; undefined when nothing asks for it. */
  readonly fullSyncCause: SyncCause | undefined;
  readonly hasPendingChanges: boolean;
  /** Pacing and back-off: no sync starts earlier. */
  readonly syncNotBeforeMs: number;
  /** When a set-aside service port is to be tried again. */
  readonly retryAtMs: number | undefined;
  readonly probeAtMs: number;
  readonly auditAtMs: number;
}

export type Task =
  | { readonly kind: 'sync-all'; readonly cause: SyncCause }
  | { readonly kind: 'sync-changes' }
  /** Ask, at constant cost, whether somebody else changed our rules. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'wait'; readonly untilMs: number };

/** Syncs come first, then the probe, then the audit: what is asked for before what is only looked after. */
export function nextTask(agenda: Agenda, nowMs: number): Task {
  const { fullSyncCause, syncNotBeforeMs, probeAtMs, auditAtMs } = agenda;
  const changesAtMs = agenda.hasPendingChanges
    ? syncNotBeforeMs
    : Math.max(agenda.retryAtMs ?? Infinity, syncNotBeforeMs);

  if (fullSyncCause) {
    return nowMs >= syncNotBeforeMs
      ? { kind: 'sync-all', cause: fullSyncCause }
      : { kind: 'wait', untilMs: syncNotBeforeMs };
  }
  if (nowMs >= changesAtMs) return { kind: 'sync-changes' };
  if (nowMs >= probeAtMs) return { kind: 'probe' };
  if (nowMs >= auditAtMs) return { kind: 'sync-all', cause: 'audit' };
  return { kind: 'wait', untilMs: Math.min(changesAtMs, probeAtMs, auditAtMs) };
}
