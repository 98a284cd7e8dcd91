// What several service ports may need of the kernel together, counted.
import { type Ip, isUnspecified } from '../../model/ip.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import type { Element, Packed } from './element.ts';
import type { LayoutChanges, ServiceLayout } from './layout.ts';
import { pack, packIp, packPort, packProtocol } from './packed.ts';

/** How many service ports need each. */
export interface SharedUses {
  readonly clusterIps: Map<Ip, number>;
  /** By key of `hairpin-endpoints`: endpoints whose connections to themselves must be masqueraded. */
  readonly hairpins: Map<Packed, number>;
  /** Timeouts of session affinity. */
  readonly affinitySeconds: Map<number, number>;
}

export function noUses(): SharedUses {
  return { clusterIps: new Map(), hairpins: new Map(), affinitySeconds: new Map() };
}

/** The new counts of all that the changed service ports need or needed; 0: nobody does any more. */
export function* changedUses(uses: SharedUses, changes: LayoutChanges): Cooperative<SharedUses> {
  const changed = noUses();
  const add = <K>(kind: Map<K, number>, before: Map<K, number>, { keys, by }: Addition<K>) => {
    for (const key of keys) kind.set(key, (kind.get(key) ?? before.get(key) ?? 0) + by);
  };
  const count = (layout: ServiceLayout | undefined, by: number) => {
    if (!layout) return;
    add(changed.clusterIps, uses.clusterIps, { keys: clusterIpsOf(layout), by });
    add(changed.hairpins, uses.hairpins, { keys: hairpinsOf(layout), by });
    add(changed.affinitySeconds, uses.affinitySeconds, { keys: affinityOf(layout), by });
  };
  for (const { before, after } of changes.values()) {
    count(before, -1);
    count(after, 1);
    yield;
  }
  return changed;
}

interface Addition<K> {
  readonly keys: ReadonlySet<K>;
  readonly by: number;
}

/** Takes the new counts over. */
export function commitUses(uses: SharedUses, changed: SharedUses): void {
  commitCounts(uses.clusterIps, changed.clusterIps);
  commitCounts(uses.hairpins, changed.hairpins);
  commitCounts(uses.affinitySeconds, changed.affinitySeconds);
}

function commitCounts<K>(counts: Map<K, number>, changed: ReadonlyMap<K, number>): void {
  for (const [key, count] of changed) {
    if (count > 0) counts.set(key, count);
    else counts.delete(key);
  }
}

/** What is needed in `uses` and was not in `others`. */
export function* sharedElementsBeyond(uses: SharedUses, others: SharedUses): Generator<Element> {
  for (const [ip, count] of uses.clusterIps) {
    if (count > 0 && !others.clusterIps.get(ip)) yield { set: 'service-cluster-ips', key: packIp(ip) };
  }
  for (const [key, count] of uses.hairpins) {
    if (count > 0 && !others.hairpins.get(key)) yield { set: 'hairpin-endpoints', key };
  }
}

/** The counts before, of what changed. */
export function usesBefore(uses: SharedUses, changed: SharedUses): SharedUses {
  return {
    clusterIps: selectKeys(uses.clusterIps, changed.clusterIps),
    hairpins: selectKeys(uses.hairpins, changed.hairpins),
    affinitySeconds: selectKeys(uses.affinitySeconds, changed.affinitySeconds),
  };
}

function selectKeys<K>(counts: ReadonlyMap<K, number>, keys: ReadonlyMap<K, number>): Map<K, number> {
  return new Map(Array.from(keys.keys(), (key) => [key, counts.get(key) ?? 0]));
}

export interface AffinityChanges {
  /** The timeouts that someone needs after the change. */
  readonly inUse: readonly number[];
  /** Those that nobody needs any more. */
  readonly gone: readonly number[];
  readonly isChanged: boolean;
}

export function affinityChanges(uses: SharedUses, changed: SharedUses): AffinityChanges {
  const before = new Set(uses.affinitySeconds.keys());
  const inUse = new Set(before);
  for (const [seconds, count] of changed.affinitySeconds) {
    if (count > 0) inUse.add(seconds);
    else inUse.delete(seconds);
  }
  const gone = before.difference(inUse);
  return { inUse: [...inUse], gone: [...gone], isChanged: gone.size > 0 || inUse.size !== before.size };
}

/** Those that another Service owns too: unknown ports of any ClusterIP are rejected. */
function clusterIpsOf({ plan }: ServiceLayout): ReadonlySet<Ip> {
  const ips = plan.frontends.flatMap(({ kind, ip }) => (kind === 'ClusterIP' && ip ? [ip] : []));
  return new Set(ips.filter((ip) => !isUnspecified(ip)));
}

function hairpinsOf({ plan, cluster, local }: ServiceLayout): ReadonlySet<Packed> {
  const protocol = packProtocol(plan.name.protocol);
  const keys = new Set<Packed>();
  for (const { ip, port, isHairpinPossible } of [...cluster, ...local]) {
    if (!isHairpinPossible) continue;
    const address = packIp(ip);
    keys.add(pack(address, address, protocol, packPort(port)));
  }
  return keys;
}

function affinityOf({ plan: { affinitySeconds } }: ServiceLayout): ReadonlySet<number> {
  return new Set(affinitySeconds > 0 ? [affinitySeconds] : []);
}
