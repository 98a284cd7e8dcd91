// How late the event loop is: everything that takes long on it delays probes, watches and syncs alike.
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Delays of the event loop since somebody last asked, in milliseconds. */
export interface LoopLag {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * A timer inside libuv, which runs no JavaScript. Delays that end before it is due are missed; at 20 ms the timer alone was most of
 * what the daemon costs at rest.
 */
const RESOLUTION_MS = 100;

export class LoopLagMeter {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  /** What was since the last call. */
  take(): LoopLag {
    const histogram = this.#histogram;
    // An empty histogram has strange extremes.
    const lag = histogram.count === 0 ? { p99Ms: 0, maxMs: 0 } : lagOf(histogram);
    histogram.reset();
    return lag;
  }

  close(): void {
    this.#histogram.disable();
  }
}

function lagOf(histogram: ReturnType<typeof monitorEventLoopDelay>): LoopLag {
  const beyond = (ns: number) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  return { p99Ms: beyond(histogram.percentile(99)), maxMs: beyond(histogram.max) };
}
