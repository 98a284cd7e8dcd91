// Jittered exponential back-off, the same for everything that is tried again.

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait after the given number of failures in a row (1 or more): doubles up to `maxMs`, and up to half of it
 * is taken off at random so that nodes which failed together do not try again together. `random` is in [0, 1).
 */
export function backoffMs({ firstMs, maxMs }: Backoff, failures: number, random: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return full * (1 - random / 2);
}
