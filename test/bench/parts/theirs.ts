// kube-proxy's side of a comparison: what it would do in a namespace of the bench, whatever the mode.
import type { ServicePortKey } from '../../../src/model/names.ts';
import type { ProxyPlan } from '../../../src/plan/plan.ts';
import type { BenchMode } from './mode.ts';
import type { Netns } from './netns.ts';
import { iptablesTheirs } from './theirs-iptables.ts';
import { nftablesTheirs } from './theirs-nftables.ts';

/** What is timed: all text is made, it only has to be fed to the tools. */
export type TimedSync = (netns: Netns) => Promise<void>;

export interface Theirs {
  /** What it makes once, before its first sync. */
  readonly prepare: (netns: Netns) => Promise<void>;
  /** Its first sync, in a namespace that is prepared. */
  readonly fullSync: () => TimedSync;
  /** Brings a namespace to where the first sync leaves it, in whatever way is quickest. */
  readonly writeAll: (netns: Netns) => Promise<void>;
  /** The sync after these service ports have changed. Each change follows the one before. */
  readonly changeSync: (plan: ProxyPlan, changed: readonly ServicePortKey[]) => TimedSync;
}

export function theirsOf(mode: BenchMode, plan: ProxyPlan): Theirs {
  return mode === 'nftables' ? nftablesTheirs(plan) : iptablesTheirs(mode, plan);
}
