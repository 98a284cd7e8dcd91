// Changes of Services, one after the other, made through the API server: each creates one, and deletes the oldest of more than
// a few.
import { createObject, deleteObject } from '../../../src/lab/api-server/registry.ts';
import { endpointSlices, services } from '../../../src/lab/api-server/resources.ts';
import { randomNumbers } from '../../builders/random.ts';
import type { Bed } from './bed.ts';

export interface ChurnOptions {
  /** Begins the names of the Services. */
  readonly name: string;
  readonly seed: number;
}

const NAMESPACE = 'shop';
const MAX_SERVICES = 12;
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
    const { cluster } = this.#bed.controlPlane;
    createObject(cluster, services, NAMESPACE, serviceOf(name));
    createObject(cluster, endpointSlices, NAMESPACE, sliceOf(name, 1 + this.#random(20)));
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
    const { cluster } = this.#bed.controlPlane;
    const ref = { namespace: NAMESPACE, name: this.#names.shift() ?? '' };
    deleteObject(cluster, services, ref);
    deleteObject(cluster, endpointSlices, ref);
  }
}

function serviceOf(name: string) {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name },
    spec: { ports: [{ port: 80, targetPort: 8080 }], sessionAffinity: 'ClientIP' },
  };
}

function sliceOf(name: string, endpoints: number) {
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: Array.from({ length: endpoints }, (_, i) => ({
      addresses: [`10.244.3.${i + 1}`],
      conditions: { ready: true },
    })),
    ports: [{ protocol: 'TCP', port: 8080 }],
  };
}
