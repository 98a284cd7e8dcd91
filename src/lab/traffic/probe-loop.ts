// New connections one after the other until stopped: shows every failure, and when an endpoint was last chosen.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './connection.ts';
import { type Attempt, attempt } from './probe.ts';

export interface LoopSpec extends Target {
  /** The time from the start of one attempt to the start of the next; they may overlap. */
  readonly everyMs: number;
  readonly timeoutMs: number;
}

export interface LoopReport {
  /** In the order in which they ended. */
  readonly attempts: readonly Attempt[];
}

export class ProbeLoop {
  readonly #netns: string;
  readonly #spec: LoopSpec;
  readonly #attempts: Attempt[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  /** Starts at once. */
  constructor(netns: string, spec: LoopSpec) {
    this.#netns = netns;
    this.#spec = spec;
    this.#ended = this.#run();
  }

  /** What has happened so far. */
  report(): LoopReport {
    return { attempts: [...this.#attempts] };
  }

  /** Lets the attempts under way come to their end. */
  async stop(): Promise<LoopReport> {
    this.#stop.abort();
    await this.#ended;
    await Promise.all(this.#underWay);
    return this.report();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const one = this.#attempt().finally(() => this.#underWay.delete(one));
      this.#underWay.add(one);
      await sleep(this.#spec.everyMs, undefined, { signal }).catch(() => {});
    }
  }

  async #attempt(): Promise<void> {
    this.#attempts.push(await attempt(this.#netns, this.#spec, this.#spec.timeoutMs));
  }
}
