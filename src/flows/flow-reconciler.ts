// Removes the stale UDP flows of one family after syncs, in a queue of its own: no sync waits for it, and it waits for syncs.
import type { IpFamily } from '../model/ip.ts';
import type { PlanChange } from '../plan/plan.ts';
import { backoffMs } from '../util/backoff.ts';
import { type Clock, sleep } from '../util/clock.ts';
import { cooperate } from '../util/cooperate.ts';
import type { FlowTable, UdpFlow } from './flow-table.ts';
import { Gate } from './gate.ts';
import { Pace } from './pace.ts';
import {
  checkAlso,
  isWorthChecking,
  listingsFor,
  mergeChecks,
  NOTHING_TO_CHECK,
  type PendingCheck,
} from './pending-check.ts';
import { type RemovalTally, removeStaleFlows } from './remove-stale-flows.ts';
import { createStaleFlowTest } from './stale-flows.ts';
import { UdpFrontends } from './udp-frontends.ts';

export interface FlowCheckReport extends RemovalTally {
  readonly family: IpFamily;
  readonly elapsedMs: number;
}

export interface FlowObserver {
  onCheck(report: FlowCheckReport): void;
  /** It is tried again. */
  onFailure(family: IpFamily, error: unknown): void;
}

export interface FlowReconcilerOptions<Flow extends UdpFlow> {
  readonly family: IpFamily;
  /** Opened for each check. Throws when the kernel refuses. */
  readonly openTable: () => FlowTable<Flow>;
  readonly observer: FlowObserver;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface SyncEnd {
  readonly family: IpFamily;
  /** The kernel may have part of what the plan does not have. */
  readonly hasFailed: boolean;
  /** Before it, the rules may have been others than the plan's: flows of all destinations are checked. */
  readonly isComplete: boolean;
}

const RETRY = { firstMs: 1_000, maxMs: 5 * 60_000 };

export class FlowReconciler<Flow extends UdpFlow> {
  readonly #options: FlowReconcilerOptions<Flow>;
  readonly #frontends = new UdpFrontends();
  readonly #pace: Pace;
  /** Those that are not taken in yet; the first one is being. */
  readonly #commits: PlanChange[] = [];
  #pending: PendingCheck = NOTHING_TO_CHECK;
  #failuresInRow = 0;
  #syncsUnderWay = 0;
  #isKernelInDoubt = false;
  readonly #judging = new Gate();
  #wake: () => void = () => {};

  constructor(options: FlowReconcilerOptions<Flow>) {
    this.#options = options;
    this.#pace = new Pace(options.clock);
  }

  /**
   * A sync of any family begins. No flow is judged until it has ended well: the kernel may have rules that the plan does not
   * have yet, and flows made by them.
   */
  onSyncStart(): void {
    this.#syncsUnderWay++;
    this.#judging.close();
  }

  /** A plan changed, and the kernel has the rules for it. */
  onCommit(change: PlanChange): void {
    if (change.family !== this.#options.family) return;
    this.#commits.push(change);
    if (this.#commits.length === 1) void this.#catchUp();
  }

  onSyncEnd({ family, hasFailed, isComplete }: SyncEnd): void {
    this.#syncsUnderWay--;
    if (family === this.#options.family) {
      this.#isKernelInDoubt = hasFailed;
      if (isComplete && !hasFailed) this.#pending = { ...this.#pending, isComplete: true };
    }
    this.#openIfSettled();
    this.#wake();
  }

  /** Checks what there is to check after each sync. Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => {
      this.#judging.open();
      this.#wake();
    });
    while (!signal.aborted) {
      if (isWorthChecking(this.#pending)) await this.#check(signal);
      else await this.#woken();
    }
  }

  /** Takes in one commit after the other, with turns for the event loop. */
  async #catchUp(): Promise<void> {
    for (let [change] = this.#commits; change; [change] = this.#commits) {
      const destinations = await cooperate(this.#frontends.commit(change));
      this.#pending = checkAlso(this.#pending, destinations);
      this.#commits.shift();
    }
    this.#openIfSettled();
    this.#wake();
  }

  /** The kernel has the rules of the plan, and we know the plan. */
  #openIfSettled(): void {
    const isSettled = this.#syncsUnderWay === 0 && !this.#isKernelInDoubt && this.#commits.length === 0;
    if (isSettled) this.#judging.open();
  }

  async #check(signal: AbortSignal): Promise<void> {
    const { family, observer, clock, random } = this.#options;
    await this.#judging.opened;
    const check = this.#pending;
    this.#pending = NOTHING_TO_CHECK;
    if (signal.aborted || this.#frontends.isEmpty) return;
    try {
      const report = await this.#removeStale(check, signal);
      this.#failuresInRow = 0;
      this.#forgetGone(check);
      observer.onCheck(report);
    } catch (error) {
      this.#pending = mergeChecks(check, this.#pending);
      observer.onFailure(family, error);
      await sleep(clock, backoffMs(RETRY, ++this.#failuresInRow, random()), signal);
    }
  }

  async #removeStale(check: PendingCheck, signal: AbortSignal): Promise<FlowCheckReport> {
    const { family, openTable, clock } = this.#options;
    const startedAtMs = clock.nowMs();
    const table = openTable();
    try {
      const tally = await removeStaleFlows({
        table,
        family,
        destinations: listingsFor(check),
        isStale: createStaleFlowTest(this.#frontends),
        untilJudgeable: () => this.#judging.opened,
        pace: this.#pace,
        signal,
      });
      return { family, elapsedMs: clock.nowMs() - startedAtMs, ...tally };
    } finally {
      table.close();
    }
  }

  /** Those that went away once more meanwhile are needed for the next check. */
  #forgetGone({ destinations }: PendingCheck): void {
    const { destinations: next } = this.#pending;
    const checked = Array.from(destinations).filter(([key]) => !next.has(key));
    this.#frontends.forgetGone(checked.map(([, destination]) => destination));
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
