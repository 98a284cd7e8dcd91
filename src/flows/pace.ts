// Long work beside the syncs: short pieces with rests between them, so that it is never much of what the thread does.
import { type Clock, sleep } from '../util/clock.ts';

/** So much is done in a row: little beside a sync of 20 ms, enough that the rests are worth a timer. */
const WORK_MS = 2;
const REST_PER_WORK = 4;

export class Pace {
  readonly #clock: Clock;
  #workedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rests if it is time after the piece of work that took so long. Ends at once when the signal aborts. */
  async restAfter(workMs: number, signal: AbortSignal): Promise<void> {
    this.#workedMs += workMs;
    if (this.#workedMs < WORK_MS) return;
    const restMs = REST_PER_WORK * this.#workedMs;
    this.#workedMs = 0;
    await sleep(this.#clock, restMs, signal);
  }
}
