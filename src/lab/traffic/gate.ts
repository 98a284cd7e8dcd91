// Keeps thousands of probes that are wanted at once from starving one another: a thread that has more answers waiting than
// it can read before their deadlines would call them time-outs.
import type { Clock } from '../../util/clock.ts';

export interface GateOptions {
  readonly clock: Clock;
  /** How many run at a time. */
  readonly places: number;
  /** An action that has not ended after so long waits for silence: it costs nothing and gives its place away. */
  readonly patienceMs: number;
}

/** Lets a number of actions run at a time; the others wait for their turn. */
export class Gate {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #waiting: (() => void)[] = [];
  #freePlaces: number;

  constructor({ clock, places, patienceMs }: GateOptions) {
    this.#clock = clock;
    this.#freePlaces = places;
    this.#patienceMs = patienceMs;
  }

  async run<T>(action: () => Promise<T>): Promise<T> {
    await this.#enter();
    let hasLeft = false;
    const leave = () => {
      if (!hasLeft) this.#leave();
      hasLeft = true;
    };
    const cancel = this.#clock.after(this.#patienceMs, leave);
    return action().finally(() => {
      cancel();
      leave();
    });
  }

  #enter(): Promise<void> | undefined {
    if (this.#freePlaces === 0) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#freePlaces--;
    return undefined;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#freePlaces++;
  }
}
