// What is known of the kernel and how Services are laid out in it, what a change of the plan wants of it, and what has to be
// written. Compact: nothing that was rendered is kept.
import type { IpFamily } from '../../model/ip.ts';
import type { ServicePortKey } from '../../model/names.ts';
import type { GlobalPlan } from '../../plan/plan.ts';
import type { Chain, Hook } from './chain.ts';
import type { OwnedElements, Packed } from './element.ts';
import type { Evictions } from './evictions.ts';
import type { LayoutChanges, ServiceLayout } from './layout.ts';
import type { SetName, SetSchema } from './schema.ts';
import type { SharedUses } from './shared-uses.ts';

export interface NftablesState {
  readonly table: KnownTable;
  /** What the last read saw, kept up to date since. undefined: the kernel has exactly what the layouts say. */
  readonly found: FoundElements | undefined;
  /** undefined before the first write. */
  readonly global: GlobalPlan | undefined;
  readonly services: Map<ServicePortKey, ServiceLayout>;
  readonly uses: SharedUses;
  /** Of all service ports together and those of no Service; what service ports share is not counted. */
  readonly elementCount: number;
}

/** Everything in our table of the family, whoever made it, but for the elements. */
export interface KnownTable {
  /** Packets come through our chains: base chains lead into `dispatch`, and the table is not dormant. */
  readonly isLive: boolean;
  readonly chains: Map<string, KnownChain>;
  /** Their shapes, as setShape of set-types.ts has them. */
  readonly sets: Map<string, string>;
}

export interface KnownChain {
  /** undefined for a chain that is no base chain. */
  readonly hook: Hook | undefined;
  /** Of its rules, in order; empty text for a rule that is not ours. */
  readonly tags: readonly string[];
}

/** Of each set that has our name and shape: what it holds, by key, as contentOf has it. Learned elements too. */
export type FoundElements = Map<SetName, Map<Packed, string>>;

export interface NftablesDesired {
  readonly global: GlobalPlan;
  /** Of the changed service ports; undefined: gone. */
  readonly services: ReadonlyMap<ServicePortKey, ServiceLayout | undefined>;
}

/**
 * In the order in which one transaction has it: empty the chains that are removed or written, remove, make the missing sets and
 * chains, elements, fill the chains.
 */
export interface NftablesChangeSet {
  readonly isEmpty: boolean;
  /**
   * False while nothing leads to our chains: then the elements may go in as several transactions, after one that makes sets and
   * fills chains without a hook, and before one that fills base chains and others that remove.
   */
  readonly isOneTransaction: boolean;
  /** After it packets come through our chains, as the table is woken at last; they did not before. */
  readonly makesLive: boolean;
  /** What is in the way, and what nobody needs any more. The elements of removed sets are not among `elements`. */
  readonly removes: { readonly chains: readonly string[]; readonly sets: readonly string[] };
  /** To be made; none of them is there, or it is among `removes`. */
  readonly sets: readonly SetSchema[];
  /** To be emptied and filled; those that are missing, or among `removes`, are made. */
  readonly chains: readonly Chain[];
  /** Made anew by each iteration, from the state, so only until commit. All deletes come before the first add. */
  readonly elements: Iterable<OwnedElements>;
  /** Once the elements are written. */
  readonly evictions: Evictions;
  readonly next: NextLayouts;
}

/** What commit takes over beside what is written. */
export interface NextLayouts {
  readonly family: IpFamily;
  /** What the kernel has then is what the layouts say. */
  readonly isComplete: boolean;
  readonly services: LayoutChanges;
  /** New counts of what changed; 0: not used any more. */
  readonly uses: SharedUses;
}
