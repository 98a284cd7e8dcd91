// What is known of the kernel and how Services are laid out in it, and what a change of the plan wants of it. Compact: of a
// chain its hash and counts are kept, never its text.
import type { Ip } from '../../model/ip.ts';
import type { ServicePortKey } from '../../model/names.ts';
import type { GlobalPlan } from '../../plan/plan.ts';
import type { Chain, ChainId, Owner } from './chain.ts';
import type { Dispatches } from './dispatch.ts';
import type { KnownChains } from './known-chains.ts';
import type { SetChange } from './sets.ts';
import type { SharedRule } from './shared-rules.ts';
import type { TrieEntry } from './trie.ts';

export interface IptablesState {
  /** The chains of service proxies that the kernel has. */
  readonly chains: KnownChains;
  /** By sharedRuleKey, and as ChainId for a shared chain itself: what the kernel has of what we need. */
  readonly shared: Set<string>;
  readonly sets: KernelSets;
  readonly isLocalnetRouted: boolean;
  /** The kernel was read since the last write, so that it may differ from the layout anywhere. */
  readonly isInDoubt: boolean;
  readonly layout: Layout;
}

/** Our ipsets of the family. */
export interface KernelSets {
  readonly affinity: Set<string>;
  /** undefined when the set is missing. */
  readonly clusterIps: Set<Ip> | undefined;
}

/** Who has what: the allocation. */
export interface Layout {
  readonly global: GlobalPlan | undefined;
  readonly dispatches: Dispatches;
  readonly services: Map<ServicePortKey, Footprint>;
  /** How many service ports have the ClusterIP. */
  readonly clusterIpUses: Map<Ip, number>;
}

/** What one service port has in the kernel. */
export interface Footprint {
  readonly chains: readonly ChainId[];
  readonly affinitySets: readonly string[];
  readonly clusterIps: readonly Ip[];
  readonly entries: Dispatches<readonly TrieEntry[]>;
}

export interface IptablesDesired {
  readonly chains: readonly Chain[];
  /** Chains that the changed service ports and dispatch tries had, and have no more. */
  readonly goneChains: readonly ChainId[];
  readonly sharedRules: readonly SharedRule[];
  readonly sets: DesiredSets;
  readonly routesLocalnet: boolean;
  readonly layout: DesiredLayout;
}

/** undefined as the owner: of no single service port. */
export interface DesiredSets {
  readonly affinity: ReadonlyMap<string, Owner>;
  readonly goneAffinity: readonly string[];
  /** undefined where there are no ipsets. */
  readonly clusterIps: { readonly used: ReadonlySet<Ip>; readonly unused: ReadonlySet<Ip> } | undefined;
}

export interface DesiredLayout {
  readonly global: GlobalPlan;
  readonly dispatches: Dispatches;
  /** Of the changed service ports; undefined: gone. */
  readonly services: ReadonlyMap<ServicePortKey, Footprint | undefined>;
  /** Of the ClusterIPs whose uses changed. */
  readonly clusterIpUses: ReadonlyMap<Ip, number>;
}

export interface IptablesChangeSet {
  readonly isEmpty: boolean;
  readonly writes: readonly Chain[];
  readonly removes: readonly ChainId[];
  readonly inserts: readonly SharedRule[];
  /** Shared chains that have to be made before rules can be inserted. */
  readonly creates: readonly ChainId[];
  /** Before the rules that need the sets are there, and after those that needed them are gone. */
  readonly setsBefore: readonly SetChange[];
  readonly setsAfter: readonly SetChange[];
  readonly enablesRouteLocalnet: boolean;
}
