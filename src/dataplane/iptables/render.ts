// From a change of the plan to the chains, sets and shared rules that the kernel should have. Pure. Each changed service port
// is rendered by itself; what Services share is rendered once at the end, from tries that share their unchanged parts with
// the committed ones.
import type { Ip } from '../../model/ip.ts';
import type { ServicePortKey } from '../../model/names.ts';
import type { GlobalPlan, PlanChange, ServicePlan } from '../../plan/plan.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import { type Chain, type ChainId, chainId, type Owner } from './chain.ts';
import { DISPATCH_NAMES, type Dispatches, type DispatchName, dispatchDelta } from './dispatch.ts';
import type { RenderContext } from './features.ts';
import { fixedChains } from './fixed-chains.ts';
import { endpointChainName } from './names.ts';
import { chainedEndpoints, serviceChains } from './service-chains.ts';
import { serviceEntries } from './service-entries.ts';
import { serviceUse } from './service-use.ts';
import { needsRouteLocalnet, sharedRules } from './shared-rules.ts';
import type { DesiredSets, Footprint, IptablesDesired, IptablesState, Layout } from './state.ts';
import { insertEntry, removeEntry, type Trie, type TrieEntry, trieOf } from './trie.ts';

/**
 * The first change must have the global plan, and one that changes the local detector or masqueradeAll must have all service
 * ports, whose chains depend on these.
 */
export function* render(
  context: RenderContext,
  change: PlanChange,
  { layout, isInDoubt }: IptablesState,
): Cooperative<IptablesDesired> {
  const global = change.global ?? layout.global;
  if (!global) throw new Error('the first change of the plan has no global plan');
  const changed = yield* renderServices(context, change.services, global);
  const shared = yield* renderDispatches({ ...context, isInDoubt }, layout, changed.footprints);
  yield;
  const clusterIpUses = usesOfClusterIps(layout, changed.footprints);
  yield;
  return {
    chains: [
      ...changed.chains,
      ...shared.chains,
      ...fixedChains({ ...context, global, dispatches: shared.dispatches }),
    ],
    goneChains: [...goneFrom(layout, changed.footprints, ({ chains }) => chains), ...shared.gone],
    sharedRules: sharedRules(global, context.family),
    sets: desiredSets(context, layout, { footprints: changed.footprints, clusterIpUses }),
    routesLocalnet: needsRouteLocalnet(global, context.family),
    layout: { global, dispatches: shared.dispatches, services: changed.footprints, clusterIpUses },
  };
}

type Footprints = ReadonlyMap<ServicePortKey, Footprint | undefined>;

function* renderServices(
  context: RenderContext,
  services: PlanChange['services'],
  global: GlobalPlan,
): Cooperative<{ readonly chains: Chain[]; readonly footprints: Footprints }> {
  const chains: Chain[] = [];
  const footprints = new Map<ServicePortKey, Footprint | undefined>();
  for (const [key, plan] of services) {
    const rendered = plan && renderService(context, plan, global);
    // One by one: a Service may have more chains than a call can have arguments.
    for (const chain of rendered?.chains ?? []) chains.push(chain);
    footprints.set(key, rendered?.footprint);
    yield;
  }
  return { chains, footprints };
}

function renderService(
  context: RenderContext,
  plan: ServicePlan,
  global: GlobalPlan,
): { readonly chains: readonly Chain[]; readonly footprint: Footprint } {
  const use = serviceUse(plan);
  const chains = serviceChains({ ...context, plan, use, global });
  const hasLists = context.features.hasSets && plan.affinitySeconds > 0;
  return {
    chains,
    footprint: {
      chains: chains.map(chainId),
      affinitySets: hasLists
        ? chainedEndpoints(plan, use).map(({ ip, port }) => endpointChainName(plan.name, ip, port))
        : [],
      clusterIps: use.frontends.flatMap(({ kind, ip }) => (kind === 'ClusterIP' && ip ? [ip] : [])),
      entries: serviceEntries(context, plan, use),
    },
  };
}

interface DispatchesContext extends RenderContext {
  readonly isInDoubt: boolean;
}

interface RenderedDispatches {
  readonly dispatches: Dispatches;
  readonly chains: readonly Chain[];
  readonly gone: readonly ChainId[];
}

function* renderDispatches(
  context: DispatchesContext,
  layout: Layout,
  footprints: Footprints,
): Cooperative<RenderedDispatches> {
  const dispatches: { [name in DispatchName]: Trie } = { ...layout.dispatches };
  const chains: (readonly Chain[])[] = [];
  const gone: ChainId[] = [];
  for (const dispatch of DISPATCH_NAMES) {
    const before = layout.dispatches[dispatch];
    const { trie, touched } = yield* updateTrie(dispatch, layout, footprints);
    const step = { before, after: trie, touched, isInDoubt: context.isInDoubt };
    const delta = yield* dispatchDelta({ dispatch, family: context.family }, step);
    dispatches[dispatch] = trie;
    chains.push(delta.chains);
    gone.push(...delta.gone);
  }
  return { dispatches, chains: chains.flat(), gone };
}

function* updateTrie(
  dispatch: DispatchName,
  layout: Layout,
  footprints: Footprints,
): Cooperative<{ readonly trie: Trie; readonly touched: readonly string[] }> {
  let trie = layout.dispatches[dispatch];
  const fresh: TrieEntry[] = [];
  const touched: string[] = [];
  for (const [key, footprint] of footprints) {
    const before = layout.services.get(key)?.entries[dispatch] ?? [];
    const after = footprint?.entries[dispatch] ?? [];
    const removed = without(before, after);
    const added = without(after, before);
    for (const entry of removed) trie = removeEntry(trie, entry);
    fresh.push(...added);
    touched.push(...removed.map((entry) => entry.key), ...added.map((entry) => entry.key));
    yield;
  }
  if (!trie) {
    trie = trieOf(fresh);
    yield;
    return { trie, touched };
  }
  for (const entry of fresh) trie = insertEntry(trie, entry);
  return { trie, touched };
}

function without(entries: readonly TrieEntry[], others: readonly TrieEntry[]): TrieEntry[] {
  return entries.filter(({ key, rule }) => !others.some((other) => other.key === key && other.rule === rule));
}

/** What the changed service ports had before and have not any more. */
function goneFrom<T>(
  layout: Layout,
  footprints: Footprints,
  pick: (footprint: Footprint) => readonly T[],
): T[] {
  return [...footprints].flatMap(([key, footprint]) => {
    const before = layout.services.get(key);
    if (!before) return [];
    const after = new Set(footprint && pick(footprint));
    return pick(before).filter((item) => !after.has(item));
  });
}

/** Of the ClusterIPs that the changed service ports have or had: how many service ports have them now. */
function usesOfClusterIps(layout: Layout, footprints: Footprints): ReadonlyMap<Ip, number> {
  const uses = new Map<Ip, number>();
  const count = (ips: readonly Ip[] | undefined, by: number) => {
    for (const ip of ips ?? []) uses.set(ip, (uses.get(ip) ?? layout.clusterIpUses.get(ip) ?? 0) + by);
  };
  for (const [key, footprint] of footprints) {
    count(layout.services.get(key)?.clusterIps, -1);
    count(footprint?.clusterIps, 1);
  }
  return uses;
}

interface ChangedUses {
  readonly footprints: Footprints;
  readonly clusterIpUses: ReadonlyMap<Ip, number>;
}

function desiredSets(
  { features }: RenderContext,
  layout: Layout,
  { footprints, clusterIpUses }: ChangedUses,
): DesiredSets {
  const affinity = new Map<string, Owner>();
  for (const [key, footprint] of footprints) {
    for (const set of footprint?.affinitySets ?? []) affinity.set(set, key);
  }
  const ips = [...clusterIpUses];
  return {
    affinity,
    goneAffinity: goneFrom(layout, footprints, ({ affinitySets }) => affinitySets),
    clusterIps: features.hasSets
      ? {
          used: new Set(ips.filter(([, uses]) => uses > 0).map(([ip]) => ip)),
          unused: new Set(ips.filter(([, uses]) => uses === 0).map(([ip]) => ip)),
        }
      : undefined,
  };
}
