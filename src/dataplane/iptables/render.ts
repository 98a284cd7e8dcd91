// From a change of the plan to the chains, sets and shared rules that the kernel should have. Pure. Each changed service port
// is rendered by itself; what Services share is rendered once at the end, from tries that share their unchanged parts with
// the committed ones.
import type { Ip } from '../../model/ip.ts';
import type { ServicePortKey } from '../../model/names.ts';
import type { GlobalPlan, PlanChange, ServicePlan } from '../../plan/plan.ts';
import { compactArray } from '../../util/compact-array.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import type { Chain, Owner } from './chain.ts';
import { type Footprints, renderDispatches } from './dispatch-update.ts';
import type { RenderContext } from './features.ts';
import { fixedChains } from './fixed-chains.ts';
import { endpointChainName } from './names.ts';
import { chainedEndpoints, serviceChains } from './service-chains.ts';
import { serviceEntries } from './service-entries.ts';
import { type ServiceUse, serviceUse } from './service-use.ts';
import { needsRouteLocalnet, sharedRules } from './shared-rules.ts';
import type { DesiredSets, Footprint, IptablesDesired, IptablesState, Layout } from './state.ts';

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
      chains: chains.map(({ id }) => id),
      affinitySets: compactArray(hasLists ? affinitySets(plan, use) : []),
      clusterIps: compactArray(
        use.frontends.flatMap(({ kind, ip }) => (kind === 'ClusterIP' && ip ? [ip] : [])),
      ),
      entries: serviceEntries(context, plan, use),
    },
  };
}

function affinitySets(plan: ServicePlan, use: ServiceUse): string[] {
  return chainedEndpoints(plan, use).map(({ ip, port }) => endpointChainName(plan.name, ip, port));
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
