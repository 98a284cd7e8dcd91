// Notices half-open connections: a peer that vanished without a word sends nothing, not even an end.
import type { Clock } from '../util/clock.ts';

/** Nothing was heard for longer than the server would ever be silent. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError';
}

export interface SilenceLimit {
  readonly clock: Clock;
  /** Ends the source from outside. */
  readonly signal: AbortSignal;
  /** How long silence may last; asked again after each item, because what is normal changes. */
  readonly limitMs: () => number;
}

/**
 * What the source gives, as long as it gives it in time: else aborts the source and throws SilenceError. The time that the
 * consumer takes for an item does not count.
 */
export async function* withoutSilence<T>(
  source: (signal: AbortSignal) => AsyncIterable<T>,
  { clock, signal, limitMs }: SilenceLimit,
): AsyncGenerator<T> {
  const guard = new InactivityGuard(clock, limitMs());
  try {
    for await (const item of source(AbortSignal.any([signal, guard.signal]))) {
      yield item;
      guard.heard(limitMs());
    }
  } catch (error) {
    throw guard.signal.aborted ? guard.signal.reason : error;
  } finally {
    guard.stop();
  }
}

/** One timer for many signs of life: when it fires it looks how much is left, so that a sign costs next to nothing. */
class InactivityGuard {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  #limitMs: number;
  #heardAtMs: number;
  #cancelTimer: () => void;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#heardAtMs = clock.nowMs();
    this.#cancelTimer = clock.after(limitMs, this.#check);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A sign of life. From now on, silence may last `limitMs`. */
  heard(limitMs: number): void {
    this.#heardAtMs = this.#clock.nowMs();
    if (limitMs < this.#limitMs) this.#restart(limitMs);
    this.#limitMs = limitMs;
  }

  /** Ends the source too, in case that the consumer left before it began to read. */
  stop(): void {
    this.#cancelTimer();
    this.#controller.abort();
  }

  #restart(delayMs: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(delayMs, this.#check);
  }

  readonly #check = (): void => {
    const leftMs = this.#heardAtMs + this.#limitMs - this.#clock.nowMs();
    if (leftMs > 0) this.#restart(leftMs);
    else this.#controller.abort(new SilenceError(`nothing was heard for ${this.#limitMs / 1000} s`));
  };
}
