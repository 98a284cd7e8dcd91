// The EndpointSlices by the Service that they belong to. Endpoints of a service port are computed when somebody asks:
// holding them as well would double the memory (upstream: pkg/proxy/endpointslicecache.go, endpointschangetracker.go).
import { compactArray } from '../util/compact-array.ts';
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

export interface EndpointsChanges {
  /** Services whose endpoints changed. */
  readonly services: ReadonlySet<ObjectKey>;
  /**
   * For each of them, the trigger times of the changes that this sync brings, in milliseconds since the epoch: where
   * the network programming latency starts. Changes without a trigger time, deletions among them, add none.
   */
  readonly triggerTimesMs: ReadonlyMap<ObjectKey, readonly number[]>;
}

export class EndpointSliceCache {
  readonly #slices = new ChangeTracker<EndpointSliceRecord>();
  /** The keys of each Service's applied slices, sorted. */
  readonly #keysByService = new Map<ObjectKey, readonly ObjectKey[]>();
  readonly #startedAtMs: number;
  #triggerTimesMs = new Map<ObjectKey, number[]>();

  /** Trigger times before `startedAtMs` are not counted: they would measure how long this process was not running. */
  constructor({ startedAtMs }: { readonly startedAtMs: number }) {
    this.#startedAtMs = startedAtMs;
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

  /** Hands over what changed since the last call; `endpointsOf` answers from the new state afterwards. */
  takeChanges(): EndpointsChanges {
    const services = new Set<ObjectKey>();
    for (const change of this.#slices.takeChanges().changes) {
      for (const service of this.#index(change)) services.add(service);
    }
    const triggerTimesMs = new Map(
      Array.from(this.#triggerTimesMs).filter(([service]) => services.has(service)),
    );
    this.#triggerTimesMs = new Map();
    return { services, triggerTimesMs };
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
    const { triggerTimeMs } = slice;
    if (triggerTimeMs <= this.#startedAtMs) return;
    if (triggerTimeMs === this.#slices.latest(objectKey(slice.namespace, slice.name))?.triggerTimeMs) return;
    const service = serviceOf(slice);
    const times = this.#triggerTimesMs.get(service);
    if (times) times.push(triggerTimeMs);
    else this.#triggerTimesMs.set(service, [triggerTimeMs]);
  }

  /** Returns the Services that the change concerns: two when the slice was given to another one. */
  #index({ key, previous, current }: Change<EndpointSliceRecord>): ObjectKey[] {
    const services: ObjectKey[] = [];
    if (previous && isUsable(previous)) services.push(this.#unlink(key, serviceOf(previous)));
    if (current && isUsable(current)) services.push(this.#link(key, serviceOf(current)));
    return services;
  }

  #unlink(key: ObjectKey, service: ObjectKey): ObjectKey {
    const keys = (this.#keysByService.get(service) ?? []).filter((other) => other !== key);
    if (keys.length > 0) this.#keysByService.set(service, keys);
    else this.#keysByService.delete(service);
    return service;
  }

  #link(key: ObjectKey, service: ObjectKey): ObjectKey {
    const keys = this.#keysByService.get(service) ?? [];
    this.#keysByService.set(service, compactArray([...keys, key].sort()));
    return service;
  }
}

/** Slices of no Service and of other address types than IPv4 and IPv6 are not for a service proxy. */
function isUsable(slice: EndpointSliceRecord): boolean {
  return slice.family !== undefined && slice.serviceName !== '';
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
