// One address family: its committed plan and how a change of the model gets into the plan and the kernel. The only owner of
// that state. It knows no times: family-loop.ts decides when.
import type { ApplyResult, Touch } from '../dataplane/dataplane.ts';
import type { IpFamily } from '../model/ip.ts';
import { type ServicePortKey, serviceOfPort } from '../model/names.ts';
import type { PlanChange } from '../plan/plan.ts';
import { commitPlan, type PlanState, type PlanStep } from '../plan/plan-state.ts';
import { type PlanInputs, planChanges } from '../plan/planner.ts';
import type { FamilyStatus, SyncCause, SyncReport } from '../status/snapshot.ts';
import type { Clock } from '../util/clock.ts';
import { cooperate } from '../util/cooperate.ts';
import { applyAround, type Outcome } from './apply-around.ts';
import { newConflicts } from './conflicts.ts';
import type { AnyKernelMirror } from './kernel-mirror.ts';
import type { ModelState } from './model-state.ts';
import type { SyncObserver } from './observer.ts';
import { hasChanges, mergeChanges, NO_CHANGES, type PendingChanges } from './pending-changes.ts';
import { PlanDigest } from './plan-digest.ts';
import { type PlanSettings, planInputsOf } from './plan-inputs.ts';
import { afterSync, dueForRetry, type SetAside } from './set-aside.ts';
import { StepTimes } from './step-times.ts';
import { isUrgent } from './urgent.ts';

export interface FamilySyncOptions {
  readonly kernel: AnyKernelMirror;
  readonly model: ModelState;
  readonly settings: PlanSettings;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observer: SyncObserver;
}

/** What one sync wrote, over all its attempts, and how long it took. */
type Tally = { readonly times: StepTimes } & {
  -readonly [What in
    | 'changes'
    | 'operations'
    | 'bytes'
    | 'writes'
    | 'refusals'
    | 'written']: SyncReport[What];
};

/** A step of the plan and what it changes for the kernel. */
interface Proposal {
  readonly step: PlanStep;
  readonly change: PlanChange;
}

type Inputs = Omit<PlanInputs, 'setAside'>;

/** Which plan: without which service ports, and whether all of it or what changes. */
interface Wanted extends Pick<PlanInputs, 'setAside'> {
  readonly isComplete: boolean;
  readonly times: StepTimes;
}

export class FamilySync {
  readonly #options: FamilySyncOptions;
  readonly #digest: PlanDigest;
  #plan: PlanState | undefined;
  #pending: PendingChanges = NO_CHANGES;
  #setAside: SetAside = new Map();
  #isSynced = false;
  #failuresInRow = 0;
  #repairs = 0;
  #lastSync: SyncReport | undefined;
  #lastGoodSyncMs: number | undefined;

  constructor(options: FamilySyncOptions) {
    this.#options = options;
    this.#digest = new PlanDigest({ nodeName: options.settings.node.name });
  }

  get family(): IpFamily {
    return this.#options.kernel.family;
  }

  get hasPendingChanges(): boolean {
    const { kernel, model } = this.#options;
    return hasChanges(this.#pending) || model.hasChanges(kernel.family);
  }

  get setAside(): SetAside {
    return this.#setAside;
  }

  get failuresInRow(): number {
    return this.#failuresInRow;
  }

  status(): FamilyStatus {
    const { kernel, model } = this.#options;
    return {
      family: kernel.family,
      isSynced: this.#isSynced,
      servicePorts: this.#plan?.services.size ?? 0,
      failuresInRow: this.#failuresInRow,
      repairs: this.#repairs,
      setAside: [...this.#setAside.values()],
      lastSync: this.#lastSync,
      lastGoodSyncMs: this.#lastGoodSyncMs,
      queuedSinceMs: this.#pending.sinceMs ?? model.changedSinceMs(kernel.family),
      uncommittedServices: this.#pending.services.size,
      ...this.#digest.view(),
      kernel: kernel.size(),
    };
  }

  isUntouched(): Promise<boolean> {
    return this.#options.kernel.isUntouched();
  }

  watch(onTouched: (touch: Touch) => void): () => void {
    return this.#options.kernel.watch(onTouched);
  }

  /**
   * Makes one sync. Cause `changes` commits what has changed since the last one; every other reads the kernel and takes it
   * to the whole plan. Never throws: what goes wrong is in the report, and what is not committed stays pending.
   */
  async sync(cause: SyncCause): Promise<SyncReport> {
    const { clock, kernel, model } = this.#options;
    const startedAtMs = clock.nowMs();
    this.#pending = mergeChanges(this.#pending, await cooperate(model.takeChanges(kernel.family)));
    const { sinceMs, triggerTimesMs } = this.#pending;
    const tally = emptyTally();
    const error = await this.#commitPending(cause, tally);
    const { times, ...totals } = tally;

    const endedAtMs = clock.nowMs();
    const lagMs = sinceMs === undefined ? 0 : endedAtMs - sinceMs;
    const outcome = error ? 'failed' : tally.operations > 0 ? 'committed' : 'nothing-to-do';
    const report: SyncReport = {
      ...{ family: kernel.family, cause, outcome, error },
      ...{ startedAtMs, endedAtMs, lagMs, triggerTimesMs: error ? [] : triggerTimesMs },
      ...{ ...totals, stepsMs: times.durations() },
    };
    this.#note(report);
    return report;
  }

  /** Returns why it failed, or nothing. */
  async #commitPending(cause: SyncCause, tally: Tally): Promise<string> {
    const { kernel } = this.#options;
    if (cause !== 'changes') kernel.doubt();
    try {
      const outcome = await this.#commit(cause !== 'changes', tally);
      if (!outcome.ok) return outcome.error;
      this.#pending = NO_CHANGES;
      return '';
    } catch (error) {
      kernel.doubt();
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #commit(isComplete: boolean, tally: Tally): Promise<Outcome> {
    const waiting = this.#waiting();
    const inputs = this.#planInputs(waiting);
    const { times } = tally;
    const all = await this.#propose(inputs, { setAside: waiting, isComplete, times });
    const keys = [...all.change.services.keys()];
    tally.changes = all.step.change.services.size;
    if (isComplete) await this.#writeUrgent(all.change, times);

    let isWhole = false;
    const outcome = await applyAround(keys, async (part) => {
      if (part.length === keys.length) {
        const result = await this.#write(all, isComplete, tally);
        isWhole = result.ok;
        return result;
      }
      const only = new Set(part);
      const setAside = { has: (key: ServicePortKey) => !only.has(key) };
      const { step, change } = await this.#propose(inputs, { setAside, isComplete, times });
      // The step may take frontends from others or leave them to others: these belong to the part.
      const concerned = only.union(new Set(step.change.services.keys()));
      return this.#write({ step, change: restrict(change, concerned) }, false, tally);
    });
    if (!outcome.ok) return outcome;
    const tried = [...keys, ...this.#setAside.keys()].filter((key) => !waiting.has(key));
    this.#noteRefused(tried, outcome.refused);
    // Parts leave what nobody wants any more where it was: one more write, without those at fault, removes it.
    if (!isComplete || isWhole) return outcome;
    return this.#writeWithout(inputs, tally);
  }

  async #writeWithout(inputs: Inputs, tally: Tally): Promise<Outcome> {
    const { times } = tally;
    const rest = await this.#propose(inputs, { setAside: this.#setAside, isComplete: true, times });
    const result = await this.#write(rest, true, tally);
    return result.ok ? { ok: true, refused: new Map() } : result;
  }

  /** On a node without any rules, what pods wait for comes before the thousands of other Services. */
  async #writeUrgent(change: PlanChange, times: StepTimes): Promise<void> {
    const { kernel, settings } = this.#options;
    if (this.#isSynced || !(await kernel.isEmpty(times))) return;
    const urgent = Array.from(change.services).filter(
      ([, plan]) => plan && isUrgent(plan, settings.node.name),
    );
    if (urgent.length === change.services.size) return;
    // Refused or not, the write of everything that follows decides.
    await kernel.write({ change: { ...change, services: new Map(urgent) }, isComplete: false }, times);
  }

  async #write({ step, change }: Proposal, isComplete: boolean, tally: Tally) {
    const { kernel, observer } = this.#options;
    const result = await kernel.write({ change, isComplete }, tally.times);
    add(tally, result);
    if (!result.ok) return result;
    const conflicts = await cooperate(newConflicts(this.#plan, step));
    this.#plan = commitPlan(this.#plan, step);
    await cooperate(this.#digest.update(this.#plan, step.change.services.keys()));
    observer.onCommit(step.change);
    for (const conflict of conflicts) observer.onConflict(conflict);
    return result;
  }

  async #propose(inputs: Inputs, { setAside, isComplete, times }: Wanted): Promise<Proposal> {
    const step = await times.measure('plan', () =>
      cooperate(planChanges(this.#plan, { ...inputs, setAside })),
    );
    return { step, change: isComplete ? wholeChange(this.#plan, step) : step.change };
  }

  /** Service ports set aside whose time has not come and whose Service has not changed. */
  #waiting(): SetAside {
    const due = new Set(dueForRetry(this.#setAside, this.#options.clock.nowMs()));
    const isWaiting = (key: ServicePortKey) =>
      !due.has(key) && !this.#pending.services.has(serviceOfPort(key));
    return new Map(Array.from(this.#setAside).filter(([key]) => isWaiting(key)));
  }

  #planInputs(waiting: SetAside): Inputs {
    const { kernel, model, settings } = this.#options;
    const again = Array.from(this.#setAside.keys()).filter((key) => !waiting.has(key));
    const services = this.#pending.services.union(new Set(again.map(serviceOfPort)));
    return planInputsOf(model, kernel.family, settings, { ...this.#pending, services });
  }

  #noteRefused(tried: readonly ServicePortKey[], refused: ReadonlyMap<ServicePortKey, string>): void {
    const { clock, random, observer } = this.#options;
    this.#setAside = afterSync(this.#setAside, tried, refused, { nowMs: clock.nowMs(), random: random() });
    for (const key of refused.keys()) {
      const entry = this.#setAside.get(key);
      if (entry) observer.onSetAside(entry);
    }
  }

  #note(report: SyncReport): void {
    const { cause, outcome } = report;
    this.#lastSync = report;
    if (outcome !== 'failed') this.#lastGoodSyncMs = report.endedAtMs;
    this.#failuresInRow = outcome === 'failed' ? this.#failuresInRow + 1 : 0;
    if (cause === 'start' && outcome !== 'failed') this.#isSynced = true;
    const wasLookingForDamage = cause === 'tampering' || cause === 'audit';
    if (wasLookingForDamage && outcome === 'committed' && report.changes === 0) this.#repairs++;
  }
}

function emptyTally(): Tally {
  const times = new StepTimes();
  return { times, changes: 0, operations: 0, bytes: 0, writes: 0, refusals: 0, written: {} };
}

function add(tally: Tally, result: ApplyResult): void {
  if (!result.ok) {
    tally.refusals++;
    return;
  }
  if (result.operations === 0) return;
  tally.writes++;
  tally.operations += result.operations;
  tally.bytes += result.bytes;
  tally.written = result.written ?? {};
}

/** Everything there is after the step. */
function wholeChange(plan: PlanState | undefined, { change, global }: PlanStep): PlanChange {
  const services = new Map([...(plan?.services ?? []), ...change.services]);
  return { family: change.family, global, services };
}

function restrict(change: PlanChange, only: ReadonlySet<ServicePortKey>): PlanChange {
  return { ...change, services: new Map(Array.from(change.services).filter(([key]) => only.has(key))) };
}
