// The single writer: mirrors the cluster, and runs one loop for each family that takes the kernel to it.
import type { IpFamily } from '../model/ip.ts';
import type { Snapshot } from '../status/snapshot.ts';
import type { Clock } from '../util/clock.ts';
import { FamilyLoop } from './family-loop.ts';
import { FamilySync } from './family-sync.ts';
import type { AnyKernelMirror } from './kernel-mirror.ts';
import { ModelState } from './model-state.ts';
import type { SyncObserver } from './observer.ts';
import type { Pacing } from './pacing.ts';
import type { PlanSettings } from './plan-inputs.ts';

export interface SyncOptions {
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
  /** Where the watches deliver. */
  readonly model: ModelState;
  readonly #families: readonly FamilySync[];
  readonly #loops: readonly FamilyLoop[];
  readonly #options: SyncOptions;
  #runningSinceMs: number | undefined;
  readonly #mirrored = Promise.withResolvers<void>();

  constructor(options: SyncOptions) {
    this.#options = options;
    this.model = new ModelState({ clock: options.clock, onEvent: () => this.#onEvent() });
    this.#families = options.kernels.map(
      (kernel) => new FamilySync({ ...options, kernel, model: this.model }),
    );
    this.#loops = this.#families.map((family) => new FamilyLoop({ ...options, family }));
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
    return {
      runningSinceMs: this.#runningSinceMs,
      families: this.#families.map((family) => family.status()),
      node: this.model.latestNode(this.#options.settings.node.name),
      activity: this.model.activity(),
    };
  }

  #onEvent(): void {
    if (this.model.hasSynced) this.#mirrored.resolve();
    for (const loop of this.#loops) loop.poke();
  }
}
