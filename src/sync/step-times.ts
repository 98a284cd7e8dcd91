// How long the steps of one sync take, for metrics.
import type { StepDurations, SyncStep } from '../status/snapshot.ts';

/** Durations decide nothing, so they come from the monotonic clock itself: a step may take a tenth of a millisecond. */
export class StepTimes {
  readonly #ms = new Map<SyncStep, number>();

  /** Does the work, and adds its time to the step's, when it fails too. */
  async measure<T>(step: SyncStep, work: () => Promise<T>): Promise<T> {
    const startedAtMs = performance.now();
    try {
      return await work();
    } finally {
      this.#ms.set(step, (this.#ms.get(step) ?? 0) + performance.now() - startedAtMs);
    }
  }

  durations(): StepDurations {
    return Object.fromEntries(this.#ms);
  }
}
