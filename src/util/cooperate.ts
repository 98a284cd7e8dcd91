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

/** When the event loop is to have its next turn: computations that follow each other share what is left of a slice. */
let sliceEndsAt = 0;

/**
 * Runs the computation and gives the event loop a turn whenever `sliceMs` have passed, so that timers, sockets and probes are
 * served meanwhile, also when one computation follows the other.
 */
export async function cooperate<T>(computation: Cooperative<T>, sliceMs = 5): Promise<T> {
  for (;;) {
    if (performance.now() >= sliceEndsAt) {
      await new Promise((resolve) => setImmediate(resolve));
      sliceEndsAt = performance.now() + sliceMs;
    }
    do {
      const step = computation.next();
      if (step.done) return step.value;
    } while (performance.now() < sliceEndsAt);
  }
}

/** The items that pass, in their order. Interruptible between items. */
export function* filterItems<T>(items: Iterable<T>, isWanted: (item: T) => boolean): Cooperative<T[]> {
  const wanted: T[] = [];
  for (const item of items) {
    if (isWanted(item)) wanted.push(item);
    yield;
  }
  return wanted;
}
