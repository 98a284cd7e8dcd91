// The EndpointSlices by the Service that they belong to. Endpoints of a service port are computed when somebody asks:
// holding them as well would double the memory (upstream: pkg/proxy/endpointslicecache.go, endpointschangetracker.go).
import { compactArray } from '../util/compact-array.ts';
import type { Cooperative } from '../util/cooperate.ts';
import { type Change, ChangeTracker } from './change-tracker.ts';
import type { EndpointInfo } from './endpoint-info.ts';
import { type IpFamily, joinHostPort } from './ip.ts';
import { type ObjectKey, objectKey, type Protocol } from './names.ts';
import type { EndpointPortRecord, EndpointSliceRecord, WatchEvent } from './records.ts';

/** Which endpoints are asked for. EndpointSlices match by the port's name, not by its number. */
export interface EndpointsQuery {
  readonly service: ObjectKey;
  readonly portName: string;
  readonly protocol: Protocol;
  readonly family: IpFamily;
}

/** By the family of the slices: what changes in one of them is nothing to the other. */
export type EndpointsChanges = Readonly<Record<IpFamily, FamilyEndpointsChanges>>;

export interface FamilyEndpointsChanges {
  /** Services whose endpoints changed. */
  readonly services: ReadonlySet<ObjectKey>;
  /**
   * The trigger times of the changes that this sync brings, in milliseconds since the epoch: where the network programming
   * latency starts. Changes without a trigger time, deletions among them, add none.
   */
  readonly triggerTimesMs: readonly number[];
}

/** A change of a slice that says when what led to it happened. */
interface Trigger {
  readonly service: ObjectKey;
  readonly family: IpFamily;
  readonly atMs: number;
}

export class EndpointSliceCache {
  readonly #slices = new ChangeTracker<EndpointSliceRecord>();
  /** The keys of each Service's applied slices, sorted. */
  readonly #keysByService = new Map<ObjectKey, readonly ObjectKey[]>();
  readonly #startedAtMs: number;
  #triggers: Trigger[] = [];

  /** Trigger times before `startedAtMs` are not counted: they would measure how long this process was not running. */
  constructor({ startedAtMs }: { readonly startedAtMs: number }) {
    this.#startedAtMs = startedAtMs;
  }

  /** The family of the slice's newest state; undefined if it has none, or does not exist. */
  familyOf(key: ObjectKey): IpFamily | undefined {
    return this.#slices.latest(key)?.family;
  }

  /** How many slices differ from their applied state. */
  get pendingCount(): number {
    return this.#slices.pendingCount;
  }

  get hasSynced(): boolean {
    return this.#slices.hasSynced;
  }

  handle(event: WatchEvent<EndpointSliceRecord>): void {
    if (event.kind === 'put') this.#noteTriggerTime(event.record);
    this.#slices.handle(event);
  }

  /** Hands over what changed since the last call; `endpointsOf` answers from the new state afterwards. Interruptible between slices. */
  *takeChanges(): Cooperative<EndpointsChanges> {
    const services = { IPv4: new Set<ObjectKey>(), IPv6: new Set<ObjectKey>() };
    for (const change of this.#slices.takeChanges()) {
      this.#index(change);
      for (const slice of [change.previous, change.current]) {
        if (slice && isUsable(slice)) services[slice.family].add(serviceOf(slice));
      }
      yield;
    }
    this.#slices.takeTouched();
    const changesOf = (family: IpFamily) => ({
      services: services[family],
      triggerTimesMs: timesOf(this.#triggers, family, services[family]),
    });
    const changes = { IPv4: changesOf('IPv4'), IPv6: changesOf('IPv6') };
    this.#triggers = [];
    return changes;
  }

  /**
   * The endpoints in the state last taken, sorted by the text `ip:port`. One address and port that several slices name,
   * as happens while it moves between slices, is one endpoint: the first that is not terminating in the order of the
   * slices' names, or else the first. Upstream leaves that order to chance.
   */
  endpointsOf({ service, portName, protocol, family }: EndpointsQuery): EndpointInfo[] {
    const endpoints = new Map<string, EndpointInfo>();
    for (const slice of this.#slicesOf(service)) {
      if (slice.family !== family) continue;
      const ports = slice.ports.filter((port) => port.name === portName && port.protocol === protocol);
      for (const port of ports) addEndpoints(endpoints, slice, port);
    }
    const sorted = [...endpoints].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.map(([, endpoint]) => endpoint);
  }

  #slicesOf(service: ObjectKey): EndpointSliceRecord[] {
    const keys = this.#keysByService.get(service) ?? [];
    return keys.flatMap((key) => this.#slices.applied.get(key) ?? []);
  }

  #noteTriggerTime(slice: EndpointSliceRecord): void {
    const { triggerTimeMs, family } = slice;
    if (triggerTimeMs <= this.#startedAtMs || family === undefined) return;
    if (triggerTimeMs === this.#slices.latest(objectKey(slice.namespace, slice.name))?.triggerTimeMs) return;
    this.#triggers.push({ service: serviceOf(slice), family, atMs: triggerTimeMs });
  }

  #index({ key, previous, current }: Change<EndpointSliceRecord>): void {
    if (previous && isUsable(previous)) this.#unlink(key, serviceOf(previous));
    if (current && isUsable(current)) this.#link(key, serviceOf(current));
  }

  #unlink(key: ObjectKey, service: ObjectKey): void {
    const keys = (this.#keysByService.get(service) ?? []).filter((other) => other !== key);
    if (keys.length > 0) this.#keysByService.set(service, keys);
    else this.#keysByService.delete(service);
  }

  #link(key: ObjectKey, service: ObjectKey): void {
    const keys = this.#keysByService.get(service) ?? [];
    this.#keysByService.set(service, compactArray([...keys, key].sort()));
  }
}

/** Slices of no Service and of other address types than IPv4 and IPv6 are not for a service proxy. */
function isUsable(slice: EndpointSliceRecord): slice is EndpointSliceRecord & { readonly family: IpFamily } {
  return slice.family !== undefined && slice.serviceName !== '';
}

function timesOf(
  triggers: readonly Trigger[],
  family: IpFamily,
  services: ReadonlySet<ObjectKey>,
): readonly number[] {
  return triggers
    .filter((trigger) => trigger.family === family && services.has(trigger.service))
    .map(({ atMs }) => atMs);
}

function serviceOf(slice: EndpointSliceRecord): ObjectKey {
  return objectKey(slice.namespace, slice.serviceName);
}

function addEndpoints(
  endpoints: Map<string, EndpointInfo>,
  slice: EndpointSliceRecord,
  { port }: EndpointPortRecord,
): void {
  for (const record of slice.endpoints) {
    const address = joinHostPort(record.ip, port);
    const known = endpoints.get(address);
    if (!known || (known.record.terminating && !record.terminating)) {
      endpoints.set(address, { ip: record.ip, port, record });
    }
  }
}
