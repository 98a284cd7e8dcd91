// What has to be written to take the kernel from what it holds to what is desired. Pure.

import type { IpFamily } from '../../model/ip.ts';
import { type Cooperative, filterItems } from '../../util/cooperate.ts';
import { type Chain, type ChainId, chainId } from './chain.ts';
import { dispatchChainIds } from './dispatch.ts';
import type { SetChange } from './sets.ts';
import { KUBE_FIREWALL, type SharedRule, sharedRuleKey } from './shared-rules.ts';
import type { IptablesChangeSet, IptablesDesired, IptablesState } from './state.ts';

/** A complete desired state has everything: what it does not have is removed. */
export interface DiffInput {
  readonly family: IpFamily;
  readonly state: IptablesState;
  readonly desired: IptablesDesired;
  readonly isComplete: boolean;
}

export function* diff(input: DiffInput): Cooperative<IptablesChangeSet> {
  const { state, desired } = input;
  const isAsBefore = (chain: Chain) => state.chains.byId.get(chain.id)?.hash === chain.hash;
  const writes = yield* filterItems(desired.chains, (chain) => !isAsBefore(chain));
  const removes = yield* removedChains(input);
  const inserts = desired.sharedRules.filter((rule) => !state.shared.has(sharedRuleKey(rule)));
  const creates = hasFirewallRules(inserts) && !state.shared.has(FIREWALL_ID) ? [FIREWALL_ID] : [];
  const setsBefore = [...newAffinitySets(input), ...newClusterIps(input)];
  const setsAfter = [...oldAffinitySets(input), ...oldClusterIps(input)];
  const enablesRouteLocalnet = desired.routesLocalnet && !state.isLocalnetRouted;
  const isEmpty =
    !enablesRouteLocalnet &&
    [writes, removes, inserts, setsBefore, setsAfter].every(({ length }) => length === 0);
  return { isEmpty, writes, removes, inserts, creates, setsBefore, setsAfter, enablesRouteLocalnet };
}

const FIREWALL_ID: ChainId = chainId({ table: 'filter', name: KUBE_FIREWALL });

function hasFirewallRules(rules: readonly SharedRule[]): boolean {
  return rules.some(({ chain }) => chain === KUBE_FIREWALL);
}

function* removedChains({ family, state, desired, isComplete }: DiffInput): Cooperative<ChainId[]> {
  if (!isComplete) return desired.goneChains.filter((id) => state.chains.byId.has(id));
  // Dispatch chains that did not change are not among the rendered ones.
  const wanted = new Set(dispatchChainIds(family, desired.layout.dispatches));
  for (const chain of desired.chains) {
    wanted.add(chain.id);
    yield;
  }
  return yield* filterItems(state.chains.byId.keys(), (id) => !wanted.has(id));
}

function newAffinitySets({ state, desired }: DiffInput): SetChange[] {
  return [...desired.sets.affinity]
    .filter(([name]) => !state.sets.affinity.has(name))
    .map(([name, owner]) => ({ kind: 'create-affinity', name, owner }));
}

function oldAffinitySets({ state, desired, isComplete }: DiffInput): SetChange[] {
  const { affinity, goneAffinity } = desired.sets;
  const gone = isComplete
    ? [...state.sets.affinity].filter((name) => !affinity.has(name))
    : goneAffinity.filter((name) => state.sets.affinity.has(name));
  return gone.map((name) => ({ kind: 'destroy-affinity', name }));
}

function newClusterIps({ state, desired }: DiffInput): SetChange[] {
  if (!desired.sets.clusterIps) return [];
  const present = state.sets.clusterIps;
  const missing = [...desired.sets.clusterIps.used].filter((ip) => !present?.has(ip));
  return [
    ...(present ? [] : [{ kind: 'create-cluster-ips' } as const]),
    ...missing.map((ip) => ({ kind: 'add-cluster-ip', ip }) as const),
  ];
}

function oldClusterIps({ state, desired, isComplete }: DiffInput): SetChange[] {
  const { clusterIps } = desired.sets;
  const present = state.sets.clusterIps;
  if (!clusterIps || !present) return [];
  const gone = isComplete
    ? [...present].filter((ip) => !clusterIps.used.has(ip))
    : [...clusterIps.unused].filter((ip) => present.has(ip));
  return gone.map((ip) => ({ kind: 'remove-cluster-ip', ip }));
}
