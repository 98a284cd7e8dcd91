// Takes the dispatch tries through a change of service ports: out with the entries that they had, in with those that they have.
import type { ServicePortKey } from '../../model/names.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import type { Chain, ChainId } from './chain.ts';
import { DISPATCH_NAMES, type Dispatches, type DispatchName, dispatchDelta } from './dispatch.ts';
import type { RenderContext } from './features.ts';
import type { Footprint, Layout } from './state.ts';
import { entriesOf, insertEntry, removeEntry, sizeOf, type Trie, type TrieEntry, trieOf } from './trie.ts';

/** Of the changed service ports; undefined: gone. */
export type Footprints = ReadonlyMap<ServicePortKey, Footprint | undefined>;

interface DispatchesContext extends RenderContext {
  /** See IptablesState. */
  readonly isInDoubt: boolean;
}

export interface RenderedDispatches {
  readonly dispatches: Dispatches;
  readonly chains: readonly Chain[];
  readonly gone: readonly ChainId[];
}

/** The tries after the change, and what of their chains changed with them. */
export function* renderDispatches(
  context: DispatchesContext,
  layout: Layout,
  footprints: Footprints,
): Cooperative<RenderedDispatches> {
  const dispatches: { [name in DispatchName]: Trie } = { ...layout.dispatches };
  const chains: (readonly Chain[])[] = [];
  const gone: ChainId[] = [];
  for (const dispatch of DISPATCH_NAMES) {
    const before = layout.dispatches[dispatch];
    const after = yield* updateTrie(dispatch, layout, footprints);
    const step = { before, after, isInDoubt: context.isInDoubt };
    const delta = yield* dispatchDelta({ dispatch, family: context.family }, step);
    dispatches[dispatch] = after;
    chains.push(delta.chains);
    gone.push(...delta.gone);
  }
  return { dispatches, chains: chains.flat(), gone };
}

function* updateTrie(dispatch: DispatchName, layout: Layout, footprints: Footprints): Cooperative<Trie> {
  let trie = layout.dispatches[dispatch];
  const fresh: TrieEntry[] = [];
  for (const [key, footprint] of footprints) {
    const before = layout.services.get(key)?.entries[dispatch] ?? [];
    const after = footprint?.entries[dispatch] ?? [];
    for (const entry of without(before, after)) trie = removeEntry(trie, entry);
    fresh.push(...without(after, before));
    yield;
  }
  // The shape does not depend on how it came about, and making it at once costs less than growing it by more than half.
  if (fresh.length > sizeOf(trie)) return trieOf([...entriesOf(trie), ...fresh]);
  for (const entry of fresh) {
    trie = insertEntry(trie, entry);
    yield;
  }
  return trie;
}

function without(entries: readonly TrieEntry[], others: readonly TrieEntry[]): TrieEntry[] {
  return entries.filter((entry) => !others.some((other) => isEqual(entry, other)));
}

function isEqual(a: TrieEntry, b: TrieEntry): boolean {
  return a.key === b.key && a.match === b.match && a.action === b.action && a.depth === b.depth;
}
