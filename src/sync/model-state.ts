// The mirror of the cluster: what the watches say, as the last sync took it, and what has changed since. Both families
// read it; what one of them takes is remembered for the other.
import { ChangeTracker } from '../model/change-tracker.ts';
import { EndpointSliceCache } from '../model/endpoint-slice-cache.ts';
import type { Ip, IpFamily } from '../model/ip.ts';
import { type ObjectKey, objectKey } from '../model/names.ts';
import type {
  EndpointSliceRecord,
  NodeRecord,
  ServiceCidrRecord,
  ServiceRecord,
  WatchEvent,
} from '../model/records.ts';
import type { ModelActivity } from '../status/snapshot.ts';
import type { Clock } from '../util/clock.ts';
import type { Cooperative } from '../util/cooperate.ts';
import { hasChanges, mergeChanges, NO_CHANGES, type PendingChanges } from './pending-changes.ts';

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];

const NEVER = { IPv4: undefined, IPv6: undefined };

export class ModelState {
  readonly #clock: Clock;
  readonly #services = new ChangeTracker<ServiceRecord>();
  readonly #slices: EndpointSliceCache;
  readonly #nodes = new ChangeTracker<NodeRecord>();
  readonly #cidrs = new ChangeTracker<ServiceCidrRecord>();
  readonly #taken: Record<IpFamily, PendingChanges> = { IPv4: NO_CHANGES, IPv6: NO_CHANGES };
  /** Under way. */
  #taking: Cooperative<void> | undefined;
  #addresses: readonly Ip[] = [];
  #hasNewAddresses = false;
  /** When the oldest event about the family that nobody has taken yet arrived. */
  #changedSinceMs: Record<IpFamily, number | undefined> = NEVER;
  /** When the newest event that gave a sync something to do arrived. */
  #lastChangeMs: number | undefined;
  #serviceEvents = 0;
  #endpointSliceEvents = 0;
  #onNews: () => void = () => {};

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
    this.#slices = new EndpointSliceCache({ startedAtMs: clock.nowMs() });
  }

  /** `onNews` is called when a family that had nothing to do has something now, and at the end of each list. */
  listen(onNews: () => void): void {
    this.#onNews = onNews;
  }

  handleService(event: WatchEvent<ServiceRecord>): void {
    this.#services.handle(event);
    if (isAboutObject(event)) this.#serviceEvents++;
    this.#noteEvent(event.kind);
  }

  handleEndpointSlice(event: WatchEvent<EndpointSliceRecord>): void {
    const families = this.#familiesOf(event);
    this.#slices.handle(event);
    if (isAboutObject(event)) this.#endpointSliceEvents++;
    this.#noteEvent(event.kind, families);
  }

  handleNode(event: WatchEvent<NodeRecord>): void {
    this.#nodes.handle(event);
    this.#noteEvent(event.kind);
  }

  handleServiceCidr(event: WatchEvent<ServiceCidrRecord>): void {
    this.#cidrs.handle(event);
    this.#noteEvent(event.kind);
  }

  /** All addresses of the node's links, sorted. */
  handleAddresses(addresses: readonly Ip[]): void {
    this.#addresses = addresses;
    this.#hasNewAddresses = true;
    this.#noteEvent('put');
  }

  /** Complete lists of everything that decides rules have arrived: before, nothing may be written. */
  get hasSynced(): boolean {
    return (
      this.#services.hasSynced && this.#slices.hasSynced && this.#nodes.hasSynced && this.#cidrs.hasSynced
    );
  }

  /** Something changed that the family has not taken. */
  hasChanges(family: IpFamily): boolean {
    return hasChanges(this.#taken[family]) || this.#changedSinceMs[family] !== undefined;
  }

  /** When the oldest change that the family has not taken arrived; undefined when there is none. */
  changedSinceMs(family: IpFamily): number | undefined {
    return this.#taken[family].sinceMs ?? this.#changedSinceMs[family];
  }

  activity(): ModelActivity {
    return {
      lastChangeMs: this.#lastChangeMs,
      services: { received: this.#serviceEvents, pending: this.#services.pendingCount },
      endpointSlices: { received: this.#endpointSliceEvents, pending: this.#slices.pendingCount },
    };
  }

  /** Hands the family all that changed since it last asked. Interruptible between objects: at the start there are tens of thousands. */
  *takeChanges(family: IpFamily): Cooperative<PendingChanges> {
    // When both families take at once, each goes on with what the other one has begun, and neither leaves before all is there.
    this.#taking ??= this.#takeFromTrackers();
    const taking = this.#taking;
    while (!taking.next().done) yield;
    if (this.#taking === taking) this.#taking = undefined;
    const changes = this.#taken[family];
    this.#taken[family] = NO_CHANGES;
    return changes;
  }

  get services(): ReadonlyMap<ObjectKey, ServiceRecord> {
    return this.#services.applied;
  }

  get endpointSlices(): Pick<EndpointSliceCache, 'endpointsOf'> {
    return this.#slices;
  }

  /** Our own Node object; undefined while it does not exist. */
  get node(): NodeRecord | undefined {
    return this.#nodes.applied.values().next().value;
  }

  /** The newest state of our own Node, whether a sync has taken it or not. */
  latestNode(name: string): NodeRecord | undefined {
    return this.#nodes.latest(objectKey(undefined, name));
  }

  get serviceCidrs(): Iterable<ServiceCidrRecord> {
    return this.#cidrs.applied.values();
  }

  get addresses(): readonly Ip[] {
    return this.#addresses;
  }

  /** What a take under way has moved is not handed over yet. */
  #hasUntaken(): boolean {
    return this.#taking !== undefined || this.#hasPending();
  }

  #hasPending(): boolean {
    const counts = [this.#services, this.#slices, this.#nodes, this.#cidrs].map(
      ({ pendingCount }) => pendingCount,
    );
    return this.#hasNewAddresses || counts.some((count) => count > 0);
  }

  /** Most changes are of the slices of one family: the other one has nothing to do for them. */
  #familiesOf(event: WatchEvent<EndpointSliceRecord>): readonly (IpFamily | undefined)[] {
    if (event.kind === 'put') return [this.#familyOf(event.record), event.record.family];
    return event.kind === 'delete' ? [this.#familyOf(event)] : FAMILIES;
  }

  #familyOf({ namespace, name }: Pick<EndpointSliceRecord, 'namespace' | 'name'>): IpFamily | undefined {
    return this.#slices.familyOf(objectKey(namespace, name));
  }

  #noteEvent(
    kind: WatchEvent<unknown>['kind'],
    families: readonly (IpFamily | undefined)[] = FAMILIES,
  ): void {
    const hadChanges = this.#changedSinceMs;
    // Events may also lead back to what was taken before.
    this.#changedSinceMs = this.#hasUntaken() ? this.#changedSinceNow(families) : NEVER;
    const isNew = (family: IpFamily) =>
      this.#changedSinceMs[family] !== undefined && hadChanges[family] === undefined;
    if (FAMILIES.some(isNew) || kind === 'synced') this.#onNews();
  }

  #changedSinceNow(families: readonly (IpFamily | undefined)[]) {
    const nowMs = this.#clock.nowMs();
    this.#lastChangeMs = nowMs;
    const since = { ...this.#changedSinceMs };
    for (const family of families) if (family) since[family] ??= nowMs;
    return since;
  }

  /** What arrives meanwhile may be taken or left. */
  *#takeFromTrackers(): Cooperative<void> {
    const isGlobal = this.#takeGlobal();
    const changed = yield* this.#takeServices();
    const touchedServices = this.#services.takeTouched();
    const endpoints = yield* this.#slices.takeChanges();
    for (const family of FAMILIES) {
      const { services: withNewEndpoints, triggerTimesMs } = endpoints[family];
      const services = withNewEndpoints.union(changed);
      const sinceMs = this.#changedSinceMs[family];
      const newer = { services, touchedServices, isGlobal, sinceMs, triggerTimesMs };
      this.#taken[family] = mergeChanges(this.#taken[family], newer);
    }
    // Until here the other family's loop has to see that there is something for it.
    if (!this.#hasPending()) this.#changedSinceMs = NEVER;
  }

  *#takeServices(): Cooperative<ReadonlySet<ObjectKey>> {
    const changed = new Set<ObjectKey>();
    for (const { key } of this.#services.takeChanges()) {
      changed.add(key);
      yield;
    }
    return changed;
  }

  /** Whether the node, its addresses or the ServiceCIDRs changed. */
  #takeGlobal(): boolean {
    const kinds = [this.#nodes, this.#cidrs];
    const counts = kinds.map((kind) => Array.from<unknown>(kind.takeChanges()).length);
    for (const kind of kinds) kind.takeTouched();
    const hasChanged = this.#hasNewAddresses || counts.some((count) => count > 0);
    this.#hasNewAddresses = false;
    return hasChanged;
  }
}

function isAboutObject({ kind }: WatchEvent<unknown>): boolean {
  return kind === 'put' || kind === 'delete';
}
