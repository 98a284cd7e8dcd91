// The single writer: mirrors the cluster, and runs one loop for each family that takes the kernel to it.
import type { IpFamily } from '../model/ip.ts';
import type { Snapshot } from '../status/snapshot.ts';
import type { Clock } from '../util/clock.ts';
import { FamilyLoop } from './family-loop.ts';
import { FamilySync } from './family-sync.ts';
import type { AnyKernelMirror } from './kernel-mirror.ts';
import type { ModelState } from './model-state.ts';
import type { SyncObserver } from './observer.ts';
import type { Pacing } from './pacing.ts';
import type { PlanSettings } from './plan-inputs.ts';

export interface SyncOptions {
  /** Where the watches deliver, and may have delivered already. */
  readonly model: ModelState;
  /** One for each family that this node has. */
  readonly kernels: readonly AnyKernelMirror[];
  readonly settings: PlanSettings;
  readonly pacing: Pacing;
  /** The longest wait between two tries of a failing sync. */
  readonly syncPeriodMs: number;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observer: SyncObserver;
}

export class Sync {
  readonly #families: readonly FamilySync[];
  readonly #loops: readonly FamilyLoop[];
  readonly #options: SyncOptions;
  #runningSinceMs: number | undefined;
  readonly #mirrored = Promise.withResolvers<void>();

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#families = options.kernels.map((kernel) => new FamilySync({ ...options, kernel }));
    this.#loops = this.#families.map((family) => new FamilyLoop({ ...options, family }));
    options.model.listen(() => this.#onNews());
    this.#onNews();
  }

  /** Those that the node has. */
  get families(): readonly IpFamily[] {
    return this.#families.map(({ family }) => family);
  }

  /** Resolves when the mirror of the cluster is complete. Nothing may be written before. */
  get mirrored(): Promise<void> {
    return this.#mirrored.promise;
  }

  /** Syncs until the signal aborts and what is under way has ended. The caller holds the node's lock. */
  async run(signal: AbortSignal): Promise<void> {
    this.#runningSinceMs = this.#options.clock.nowMs();
    await Promise.all(this.#loops.map((loop) => loop.run(signal)));
  }

  snapshot(): Snapshot {
    const { model, settings } = this.#options;
    return {
      runningSinceMs: this.#runningSinceMs,
      families: this.#families.map((family) => family.status()),
      node: model.latestNode(settings.node.name),
      activity: model.activity(),
    };
  }

  #onNews(): void {
    if (this.#options.model.hasSynced) this.#mirrored.resolve();
    for (const loop of this.#loops) loop.poke();
  }
}
