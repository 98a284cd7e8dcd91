// What the kernel is known to hold of one family, and the one way to change it: render → diff → apply → commit.
import type { ApplyResult, Dataplane, DataplaneSize, Touch } from '../dataplane/dataplane.ts';
import type { IpFamily } from '../model/ip.ts';
import type { PlanChange } from '../plan/plan.ts';
import { cooperate } from '../util/cooperate.ts';
import type { StepTimes } from './step-times.ts';

/** A change of the plan on its way to the kernel. */
export interface Write {
  readonly change: PlanChange;
  /** The change names everything there is: what the kernel has beyond it goes. */
  readonly isComplete: boolean;
}

const NOTHING_TO_WRITE: ApplyResult = { ok: true, operations: 0, bytes: 0 };

export class KernelMirror<State, Desired, ChangeSet extends { readonly isEmpty: boolean }> {
  readonly #dataplane: Dataplane<State, Desired, ChangeSet>;
  /** undefined before the first read. */
  #state: State | undefined;
  #isInDoubt = true;

  constructor(dataplane: Dataplane<State, Desired, ChangeSet>) {
    this.#dataplane = dataplane;
  }

  get family(): IpFamily {
    return this.#dataplane.family;
  }

  /** Somebody else, or a transaction that was refused half-way, may have changed the kernel: the next write reads it first. */
  doubt(): void {
    this.#isInDoubt = true;
  }

  /** Takes the kernel to what the change wants. Throws only when the kernel cannot be read. */
  async write({ change, isComplete }: Write, times: StepTimes): Promise<ApplyResult> {
    const dataplane = this.#dataplane;
    const state = await this.#known(times);
    const desired = await times.measure('render', () => cooperate(dataplane.render(change, state)));
    const changeSet = await times.measure('diff', () =>
      cooperate(dataplane.diff(state, desired, { isComplete })),
    );
    const result = changeSet.isEmpty
      ? NOTHING_TO_WRITE
      : await times.measure('apply', () => dataplane.apply(changeSet));
    if (result.ok)
      this.#state = await times.measure('commit', () =>
        cooperate(dataplane.commit(state, desired, changeSet)),
      );
    else this.doubt();
    return result;
  }

  /** Nothing of ours, or of a proxy before us, was there. Reads the kernel if need be. */
  async isEmpty(times: StepTimes): Promise<boolean> {
    return Object.values(this.#dataplane.size(await this.#known(times))).every((count) => count === 0);
  }

  /** Asks the kernel, at constant cost. Anything unclear counts as touched. */
  async isUntouched(): Promise<boolean> {
    if (this.#state === undefined || this.#isInDoubt) return false;
    return this.#dataplane.isUntouched(this.#state);
  }

  /** Calls back when somebody else changes what is ours, where the dataplane can tell, until the returned function is called. */
  watch(onTouched: (touch: Touch) => void): () => void {
    return this.#dataplane.watch?.(onTouched) ?? (() => {});
  }

  size(): DataplaneSize {
    return this.#state === undefined ? {} : this.#dataplane.size(this.#state);
  }

  async #known(times: StepTimes): Promise<State> {
    if (this.#state !== undefined && !this.#isInDoubt) return this.#state;
    this.#state = await times.measure('read', () => this.#dataplane.read(this.#state));
    this.#isInDoubt = false;
    return this.#state;
  }
}

/** A KernelMirror whatever its dataplane: what the rest of sync needs of it. */
export type AnyKernelMirror = Pick<
  KernelMirror<unknown, unknown, { readonly isEmpty: boolean }>,
  'family' | 'doubt' | 'write' | 'isEmpty' | 'isUntouched' | 'watch' | 'size'
>;
