// Runs one family for ever: waits for something to do, does it, one thing at a time. The only place that decides times.
import type { Touch } from '../dataplane/dataplane.ts';
import type { SyncCause, SyncReport } from '../status/snapshot.ts';
import { backoffMs } from '../util/backoff.ts';
import type { Clock } from '../util/clock.ts';
import { type Agenda, nextTask, type Task } from './agenda.ts';
import type { FamilySync } from './family-sync.ts';
import type { SyncObserver } from './observer.ts';
import { type Budget, budgetAfter, FULL_BUDGET, nextSyncAt, type Pacing } from './pacing.ts';
import { nextRetryAt } from './set-aside.ts';

export interface FamilyLoopOptions {
  readonly family: FamilySync;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly pacing: Pacing;
  /** The longest wait between two tries of a failing sync: the mode's `syncPeriod`. */
  readonly syncPeriodMs: number;
  readonly observer: Pick<SyncObserver, 'onSyncStart' | 'onSync' | 'onTampering'>;
}

/** Tampering must be noticed within 5 s, and a probe may wait for a sync that is under way. */
const PROBE_PERIOD_MS = 2_000;

/** An audit reads all rules. It uses at most a thousandth of a core, and runs every ten minutes at most. */
const AUDIT_PERIOD_MS = 10 * 60_000;
const AUDIT_REST_PER_WORK = 1_000;

const FIRST_RETRY_MS = 1_000;

export class FamilyLoop {
  readonly #options: FamilyLoopOptions;
  #fullSyncCause: SyncCause | undefined = 'start';
  #syncNotBeforeMs = 0;
  #budget: Budget = FULL_BUDGET;
  #probeAtMs = 0;
  #auditAtMs = Infinity;
  #wake: () => void = () => {};

  constructor(options: FamilyLoopOptions) {
    this.#options = options;
  }

  /** Something may have to be done earlier than the loop thinks. */
  poke(): void {
    this.#wake();
  }

  /** Ends when the signal aborts and what is under way has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    signal.addEventListener('abort', () => this.#wake());
    const stopWatching = this.#options.family.watch((touch) => this.#onTouched(touch));
    while (!signal.aborted) {
      const task = nextTask(this.#agenda(), clock.nowMs());
      if (task.kind === 'wait') await this.#waitUntil(task.untilMs);
      else await this.#perform(task);
    }
    stopWatching();
  }

  /** Also while a sync is under way: what it has read may be old then, so that another one follows. */
  #onTouched({ by }: Touch): void {
    const { family, observer } = this.#options;
    if (this.#fullSyncCause) return;
    this.#fullSyncCause = 'tampering';
    observer.onTampering({ family: family.family, by });
    this.#wake();
  }

  #agenda(): Agenda {
    const { family } = this.#options;
    return {
      fullSyncCause: this.#fullSyncCause,
      hasPendingChanges: family.hasPendingChanges,
      syncNotBeforeMs: this.#syncNotBeforeMs,
      retryAtMs: nextRetryAt(family.setAside),
      probeAtMs: this.#probeAtMs,
      auditAtMs: this.#auditAtMs,
    };
  }

  async #perform(task: Exclude<Task, { kind: 'wait' }>): Promise<void> {
    if (task.kind === 'probe') return this.#probe();
    const { family, observer } = this.#options;
    if (task.kind === 'sync-all') this.#fullSyncCause = undefined;
    observer.onSyncStart(family.family);
    const report = await family.sync(task.kind === 'sync-all' ? task.cause : 'changes');
    this.#note(report);
    observer.onSync(report, family.status());
  }

  async #probe(): Promise<void> {
    const isUntouched = await this.#options.family.isUntouched();
    this.#probeAtMs = this.#options.clock.nowMs() + PROBE_PERIOD_MS;
    if (!isUntouched) this.#fullSyncCause = 'tampering';
  }

  #note(report: SyncReport): void {
    const { cause, outcome, startedAtMs, endedAtMs } = report;
    this.#syncNotBeforeMs = this.#earliestAfter(report);
    if (cause === 'changes') return;
    if (outcome === 'failed') this.#fullSyncCause = cause;
    this.#auditAtMs = endedAtMs + Math.max(AUDIT_PERIOD_MS, AUDIT_REST_PER_WORK * (endedAtMs - startedAtMs));
  }

  #earliestAfter(report: SyncReport): number {
    const { family, pacing, syncPeriodMs, random } = this.#options;
    this.#budget = budgetAfter(this.#budget, report);
    const paced = nextSyncAt(pacing, report, this.#budget);
    if (report.outcome !== 'failed') return paced;
    const backoff = { firstMs: FIRST_RETRY_MS, maxMs: syncPeriodMs };
    return Math.max(paced, report.endedAtMs + backoffMs(backoff, family.failuresInRow, random()));
  }

  #waitUntil(untilMs: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const cancel = clock.after(Math.max(0, untilMs - clock.nowMs()), resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
