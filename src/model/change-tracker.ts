// Turns the watch's events about one kind of object into changes against what the last sync took: upstream's
// ServiceChangeTracker and the pending half of its EndpointSliceCache, for any kind.
import { isDeepStrictEqual } from 'node:util';
import { assertNever } from '../util/assert-never.ts';
import { type ObjectKey, objectKey } from './names.ts';
import type { ObjectVersion, WatchEvent } from './records.ts';

/** What all records have; the optional fields are those that mean nothing to the kernel. */
export interface TrackedRecord extends ObjectVersion {
  readonly namespace?: string;
  readonly name: string;
  readonly problems?: readonly string[];
  readonly triggerTimeMs?: number;
}

export interface Change<R> {
  readonly key: ObjectKey;
  /** undefined: the object is new. */
  readonly previous: R | undefined;
  /** undefined: the object is gone. */
  readonly current: R | undefined;
}

/**
 * Follows one kind of object. What was taken with `takeChanges` counts as applied and does not move until the next
 * take, so a computation that lasts several turns of the event loop reads one consistent state.
 */
export class ChangeTracker<R extends TrackedRecord> {
  readonly #applied = new Map<ObjectKey, R>();
  /** The newest state of each object that differs from the applied one; undefined: deleted. */
  readonly #pending = new Map<ObjectKey, R | undefined>();
  /** The newest state of each object that differs from the applied one in its metadata alone. */
  readonly #touched = new Map<ObjectKey, R>();
  /** What the list in progress has not named yet; undefined when there is none. */
  #unlisted: Set<ObjectKey> | undefined;
  #hasSynced = false;

  get applied(): ReadonlyMap<ObjectKey, R> {
    return this.#applied;
  }

  /** How many objects differ from their applied state. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** A complete list has arrived since the start. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** The newest state of the object, applied or not. */
  latest(key: ObjectKey): R | undefined {
    if (this.#pending.has(key)) return this.#pending.get(key);
    return this.#touched.get(key) ?? this.#applied.get(key);
  }

  handle(event: WatchEvent<R>): void {
    switch (event.kind) {
      case 'put':
        this.#put(event.record);
        break;
      case 'delete':
        this.#delete(objectKey(event.namespace, event.name));
        break;
      case 'unreadable':
        this.#unlisted?.delete(objectKey(event.namespace, event.name));
        break;
      case 'replace-start':
        this.#unlisted = new Set([...this.#applied.keys(), ...this.#pending.keys()]);
        break;
      case 'synced':
        this.#endOfList();
        break;
      default:
        assertNever(event);
    }
  }

  /**
   * Hands over what changed since the last call, object by object, and counts each as applied then; nothing where a burst led
   * back to what was taken before. What changes while changes are handed over comes too.
   */
  *takeChanges(): Generator<Change<R>, void> {
    for (const [key, current] of this.#pending) {
      const previous = this.#applied.get(key);
      this.#pending.delete(key);
      if (current) this.#applied.set(key, current);
      else this.#applied.delete(key);
      yield { key, previous, current };
    }
  }

  /** The objects of which only metadata changed: nothing is to be planned, but their version has advanced. It counts as applied. */
  takeTouched(): ReadonlySet<ObjectKey> {
    for (const [key, record] of this.#touched) this.#applied.set(key, record);
    const touched = new Set(this.#touched.keys());
    this.#touched.clear();
    return touched;
  }

  #put(record: R): void {
    const key = objectKey(record.namespace, record.name);
    this.#unlisted?.delete(key);
    this.#forget(key);
    const applied = this.#applied.get(key);
    if (!applied || !isDeepStrictEqual(contentOf(applied), contentOf(record))) {
      this.#pending.set(key, record);
    } else if (!isSameVersion(applied, record)) {
      // The content stays the applied one: the plan points into it, and a list must not double the memory.
      this.#touched.set(key, { ...record, ...contentOf(applied) });
    }
  }

  #delete(key: ObjectKey): void {
    this.#unlisted?.delete(key);
    this.#forget(key);
    if (this.#applied.has(key)) this.#pending.set(key, undefined);
  }

  /** Takes the object back to its applied state. */
  #forget(key: ObjectKey): void {
    this.#pending.delete(key);
    this.#touched.delete(key);
  }

  #endOfList(): void {
    for (const key of this.#unlisted ?? []) this.#delete(key);
    this.#unlisted = undefined;
    this.#hasSynced = true;
  }
}

/** The part of a record that has a meaning to the proxy. */
function contentOf<R extends TrackedRecord>(record: R) {
  const { uid, resourceVersion, generation, problems, triggerTimeMs, ...content } = record;
  return content;
}

function isSameVersion(a: ObjectVersion, b: ObjectVersion): boolean {
  return a.uid === b.uid && a.resourceVersion === b.resourceVersion;
}
