// Changes of Services, one after the other, made through the API server: each creates one, and deletes the oldest of more than
// a few.
import { randomNumbers } from '../../builders/random.ts';
import type { Bed } from './bed.ts';
import { deleteService, putService } from './manifests.ts';

export interface ChurnOptions {
  /** Begins the names of the Services. */
  readonly name: string;
  readonly seed: number;
}

const MAX_SERVICES = 12;
const MAX_ENDPOINTS = 20;
const MAX_PAUSE_MS = 30;

export class Churn {
  readonly #bed: Bed;
  readonly #name: string;
  readonly #random: (below: number) => number;
  readonly #names: string[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Changes something every few milliseconds, until stopped. */
  static start(bed: Bed, options: ChurnOptions): Churn {
    const churn = new Churn(bed, options);
    churn.#goOn();
    return churn;
  }

  constructor(bed: Bed, { name, seed }: ChurnOptions) {
    this.#bed = bed;
    this.#name = name;
    this.#random = randomNumbers(seed);
  }

  /** Makes one change. */
  change(): void {
    const name = `${this.#name}-${this.#count++}`;
    const count = 1 + this.#random(MAX_ENDPOINTS);
    const endpoints = Array.from({ length: count }, (_, i) => `10.244.3.${i + 1}`);
    putService(this.#bed, { name, endpoints, spec: { sessionAffinity: 'ClientIP' } });
    this.#names.push(name);
    if (this.#names.length > MAX_SERVICES) this.#deleteOldest();
  }

  /** Deletes all that is left. */
  stop(): void {
    clearTimeout(this.#timer);
    while (this.#names.length > 0) this.#deleteOldest();
  }

  #goOn(): void {
    this.change();
    this.#timer = setTimeout(() => this.#goOn(), this.#random(MAX_PAUSE_MS));
  }

  #deleteOldest(): void {
    deleteService(this.#bed, this.#names.shift() ?? '');
  }
}
