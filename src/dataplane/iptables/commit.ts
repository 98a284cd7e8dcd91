// The state after a change set was applied. Reuses the storage of the state before it: 30,000 chains are not copied for one
// changed endpoint.
import { assertNever } from '../../util/assert-never.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import { deleteChain, setChain } from './known-chains.ts';
import type { SetChange } from './sets.ts';
import { sharedRuleKey } from './shared-rules.ts';
import type {
  DesiredLayout,
  IptablesChangeSet,
  IptablesDesired,
  IptablesState,
  KernelSets,
  Layout,
} from './state.ts';

export function* commit(
  { chains, shared, sets, isLocalnetRouted, layout }: IptablesState,
  desired: IptablesDesired,
  changes: IptablesChangeSet,
): Cooperative<IptablesState> {
  for (const id of changes.removes) deleteChain(chains, id);
  for (const chain of changes.writes) {
    // Not the chain itself: its text must not be kept.
    const { id, hash, rules, jumps } = chain;
    setChain(chains, id, { hash, rules, jumps });
    yield;
  }
  for (const rule of changes.inserts) shared.add(sharedRuleKey(rule)).add(`${rule.table} ${rule.chain}`);
  return {
    chains,
    shared,
    sets: [...changes.setsBefore, ...changes.setsAfter].reduce(commitSetChange, sets),
    isLocalnetRouted: isLocalnetRouted || changes.enablesRouteLocalnet,
    isInDoubt: false,
    layout: yield* commitLayout(layout, desired.layout),
  };
}

function commitSetChange(sets: KernelSets, change: SetChange): KernelSets {
  switch (change.kind) {
    case 'create-affinity':
      sets.affinity.add(change.name);
      return sets;
    case 'destroy-affinity':
      sets.affinity.delete(change.name);
      return sets;
    case 'create-cluster-ips':
      return { ...sets, clusterIps: new Set() };
    case 'add-cluster-ip':
      sets.clusterIps?.add(change.ip);
      return sets;
    case 'remove-cluster-ip':
      sets.clusterIps?.delete(change.ip);
      return sets;
    default:
      return assertNever(change);
  }
}

function* commitLayout({ services, clusterIpUses }: Layout, desired: DesiredLayout): Cooperative<Layout> {
  for (const [key, footprint] of desired.services) {
    if (footprint) services.set(key, footprint);
    else services.delete(key);
    yield;
  }
  for (const [ip, uses] of desired.clusterIpUses) {
    if (uses > 0) clusterIpUses.set(ip, uses);
    else clusterIpUses.delete(ip);
  }
  return { global: desired.global, dispatches: desired.dispatches, services, clusterIpUses };
}
