// The mirror of the cluster: what the watches say, as the last sync took it, and what has changed since. Both families
// read it; what one of them takes is remembered for the other.
import { ChangeTracker } from '../model/change-tracker.ts';
import { EndpointSliceCache } from '../model/endpoint-slice-cache.ts';
import type { Ip, IpFamily } from '../model/ip.ts';
import type { ObjectKey } from '../model/names.ts';
import type {
  EndpointSliceRecord,
  NodeRecord,
  ServiceCidrRecord,
  ServiceRecord,
  WatchEvent,
} from '../model/records.ts';
import type { Clock } from '../util/clock.ts';
import { hasChanges, mergeChanges, NO_CHANGES, type PendingChanges } from './pending-changes.ts';

export class ModelState {
  readonly #clock: Clock;
  readonly #services = new ChangeTracker<ServiceRecord>();
  readonly #slices: EndpointSliceCache;
  readonly #nodes = new ChangeTracker<NodeRecord>();
  readonly #cidrs = new ChangeTracker<ServiceCidrRecord>();
  readonly #taken: Record<IpFamily, PendingChanges> = { IPv4: NO_CHANGES, IPv6: NO_CHANGES };
  #addresses: readonly Ip[] = [];
  #hasNewAddresses = false;
  /** When the oldest event that nobody has taken yet arrived. */
  #changedSinceMs: number | undefined;
  readonly #onEvent: () => void;

  /** `onEvent` is called after each event that gives a sync something to do, and at the end of each list. */
  constructor({ clock, onEvent }: { readonly clock: Clock; readonly onEvent: () => void }) {
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.#slices = new EndpointSliceCache({ startedAtMs: clock.nowMs() });
  }

  handleService(event: WatchEvent<ServiceRecord>): void {
    this.#services.handle(event);
    this.#noteEvent(event.kind);
  }

  handleEndpointSlice(event: WatchEvent<EndpointSliceRecord>): void {
    this.#slices.handle(event);
    this.#noteEvent(event.kind);
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
    return hasChanges(this.#taken[family]) || this.#hasUntaken();
  }

  /** Hands the family all that changed since it last asked. */
  takeChanges(family: IpFamily): PendingChanges {
    this.#takeFromTrackers();
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

  get serviceCidrs(): Iterable<ServiceCidrRecord> {
    return this.#cidrs.applied.values();
  }

  get addresses(): readonly Ip[] {
    return this.#addresses;
  }

  #hasUntaken(): boolean {
    const counts = [this.#services, this.#slices, this.#nodes, this.#cidrs].map(
      ({ pendingCount }) => pendingCount,
    );
    return this.#hasNewAddresses || counts.some((count) => count > 0);
  }

  #noteEvent(kind: WatchEvent<unknown>['kind']): void {
    const hasChanges = this.#hasUntaken();
    if (hasChanges) this.#changedSinceMs ??= this.#clock.nowMs();
    if (hasChanges || kind === 'synced') this.#onEvent();
  }

  #takeFromTrackers(): void {
    const { changes, touched } = this.#services.takeChanges();
    const { services: withNewEndpoints } = this.#slices.takeChanges();
    const nodes = this.#nodes.takeChanges().changes.length;
    const cidrs = this.#cidrs.takeChanges().changes.length;
    const taken: PendingChanges = {
      services: withNewEndpoints.union(new Set(changes.map(({ key }) => key))),
      touchedServices: touched,
      isGlobal: nodes + cidrs > 0 || this.#hasNewAddresses,
      sinceMs: this.#changedSinceMs,
    };
    this.#hasNewAddresses = false;
    this.#changedSinceMs = undefined;
    this.#taken.IPv4 = mergeChanges(this.#taken.IPv4, taken);
    this.#taken.IPv6 = mergeChanges(this.#taken.IPv6, taken);
  }
}
