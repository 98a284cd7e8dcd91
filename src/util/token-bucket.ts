// A rate limit as client-go has it (util/flowcontrol): so many at once, and then so many a second.

export interface RateLimit {
  /** Not above 0: as many as there are. */
  readonly perSecond: number;
  /** How many may go at once after a quiet time; at least 1. */
  readonly burst: number;
}

export class TokenBucket {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  /** When the bucket will be full again. */
  #fullAtMs = Number.NEGATIVE_INFINITY;

  constructor({ perSecond, burst }: RateLimit) {
    this.#intervalMs = perSecond > 0 ? 1_000 / perSecond : 0;
    this.#burstMs = burst * this.#intervalMs;
  }

  /** From when on the next may go; it may lie in the past. */
  get nextAtMs(): number {
    return this.#fullAtMs + this.#intervalMs - this.#burstMs;
  }

  /** One goes now. */
  take(nowMs: number): void {
    this.#fullAtMs = Math.max(this.#fullAtMs, nowMs) + this.#intervalMs;
  }
}
