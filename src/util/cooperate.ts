// Long pure computations as generators: they `yield` where they may be interrupted, and whoever runs them decides how
// often the event loop gets a turn. The computation itself stays synchronous, pure and testable.

/** A pure computation of a `T` that yields at points where it may be interrupted. */
export type Cooperative<T> = Generator<void, T, void>;

/** Runs the computation without interruption. */
export function runToEnd<T>(computation: Cooperative<T>): T {
  for (;;) {
    const step = computation.next();
    if (step.done) return step.value;
  }
}

/**
 * Runs the computation and gives the event loop a turn whenever `sliceMs` have passed, so that timers, sockets and
 * probes are served meanwhile.
 */
export async function cooperate<T>(computation: Cooperative<T>, sliceMs = 10): Promise<T> {
  for (;;) {
    const end = performance.now() + sliceMs;
    do {
      const step = computation.next();
      if (step.done) return step.value;
    } while (performance.now() < end);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
