// The contract between sync and every dataplane: one instance per address family. A dataplane holds no state of its own:
// what the kernel has and how things are laid out in it is State, explicit data that sync owns and hands in.
import type { IpFamily } from '../model/ip.ts';
import type { ServicePortKey } from '../model/names.ts';
import type { PlanChange } from '../plan/plan.ts';
import type { Cooperative } from '../util/cooperate.ts';

/**
 * Programs one address family of the kernel.
 *
 * `State` is what the kernel is known to hold, compact, and the allocation that goes with it. `Desired` is what a change of
 * the plan wants of it. `ChangeSet` is what must be written.
 */
export interface Dataplane<State, Desired, ChangeSet extends { readonly isEmpty: boolean }> {
  readonly family: IpFamily;

  /**
   * Reads the kernel. Objects of other owners are left out; ours of any layout, and kube-proxy's, are in. Without `known`
   * the allocation is what the kernel shows; with it, the allocation stays that of `known`, the last committed state, and
   * only what the kernel holds is read anew (after a refused transaction, after tampering).
   */
  read(known?: State): Promise<State>;

  /** Pure. Desired state of the changed service ports, and of shared structures that they touch. */
  render(change: PlanChange, state: State): Cooperative<Desired>;

  /** Pure. What takes the kernel from `state` to `desired`. With `isComplete`, also removes what `desired` does not have. */
  diff(state: State, desired: Desired, options: { readonly isComplete: boolean }): Cooperative<ChangeSet>;

  /** Executes the change set in one transaction per table and decides nothing. Never throws for what the kernel refuses. */
  apply(changeSet: ChangeSet): Promise<ApplyResult>;

  /** The state after a successful apply. May reuse the storage of `state`, which must not be used afterwards. */
  commit(state: State, desired: Desired, changeSet: ChangeSet): Cooperative<State>;

  /**
   * A probe whose cost does not grow with the rules: false when somebody else changed what `state` describes, or may have.
   * The first call records the kernel's answer to compare with. After a repair it is false once more, so that the rules are
   * read again: somebody may have been at them all the time.
   */
  isUntouched(state: State): Promise<boolean>;

  /**
   * Calls back as soon as somebody else changes what is ours, until the returned function is called. Only where the kernel tells
   * of changes; the probe finds out as well, later.
   */
  watch?(onTouched: (touch: Touch) => void): () => void;

  /** How large what we wrote is, for logs and metrics. */
  size(state: State): DataplaneSize;
}

/** Somebody else changed what is ours, or may have. */
export interface Touch {
  /** undefined: the kernel does not say who. */
  readonly by?: Process | undefined;
}

export interface Process {
  readonly pid: number;
  /** As the kernel has it: 15 characters at most. */
  readonly name: string;
}

export interface DataplaneSize {
  readonly [what: string]: number;
}

export type ApplyResult =
  | {
      readonly ok: true;
      readonly operations: number;
      readonly bytes: number;
      /** How much of it was written, in the words of `size`, for metrics that count it. */
      readonly written?: DataplaneSize;
    }
  | {
      readonly ok: false;
      /** One sentence for the log, with the tool's or kernel's own words. */
      readonly error: string;
      /** The service ports that the refusal names. Empty when it names none: sync bisects then. */
      readonly suspects: readonly ServicePortKey[];
      /** The refusal had nothing to do with what was written: lock held, out of memory, tool missing, deadline. */
      readonly isTransient: boolean;
    };
