// A clock that moves only when a test says so, and lets everything that time set off run to its end.
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/util/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #nowMs = Date.parse('2026-11-21T12:00:00Z');
  readonly #timers = new Set<Timer>();
  readonly #turns: number;

  /** `turns`: how many turns of the event loop the longest chain takes that a timer sets off. */
  constructor({ turns = 2 }: { readonly turns?: number } = {}) {
    this.#turns = turns;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Time passes and nobody notices: what a piece of work costs. */
  spend(ms: number): void {
    this.#nowMs += ms;
  }

  /** Timers that were neither fired nor cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass, timer by timer, and after each lets promises and immediates settle. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle(this.#turns);
    for (let next = this.#nextUntil(endMs); next; next = this.#nextUntil(endMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      await settle(this.#turns);
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #nextUntil(endMs: number): Timer | undefined {
    const due = [...this.#timers].filter(({ atMs }) => atMs <= endMs);
    return due.reduce<Timer | undefined>(
      (first, timer) => (first && first.atMs <= timer.atMs ? first : timer),
      undefined,
    );
  }
}

/** Lets promises that are ready, and those that follow from them, run. */
export async function settle(turns = 2): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await setImmediate();
}
