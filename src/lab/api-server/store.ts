// What etcd is to a real API server: objects in buckets under one resourceVersion, and a log of the changes from which
// watches are served and earlier states are rebuilt. Knows neither HTTP nor kinds.
import { type ApiObject, keyOf, withMetadata } from './objects.ts';

/** One change of one object. Created: no `previous`. Deleted: no `current`. */
export interface Change {
  readonly resourceVersion: number;
  readonly key: string;
  readonly previous: ApiObject | undefined;
  readonly current: ApiObject | undefined;
}

/** The log no longer reaches back to what was asked for: 410 Gone. */
export class CompactedError extends Error {
  readonly requested: number;
  readonly oldest: number;

  constructor(requested: number, oldest: number) {
    super(`resource version ${requested} is compacted, the oldest is ${oldest}`);
    this.requested = requested;
    this.oldest = oldest;
  }
}

interface Bucket {
  readonly objects: Map<string, ApiObject>;
  /** In key order; undefined after a key came or went. */
  sorted: readonly ApiObject[] | undefined;
  log: Change[];
  /** Versions before this one are not served. */
  compactedTo: number;
  /** The version of the last change that is not in the log any more. */
  lostTo: number;
  readonly listeners: Set<(change: Change) => void>;
}

/** A watcher this far behind gets 410, as with a real server's watch cache. */
const DEFAULT_LOG_LENGTH = 50_000;

export class ObjectStore {
  readonly #buckets = new Map<string, Bucket>();
  readonly #maxLogLength: number;
  #resourceVersion = 1;
  #compactedTo = 0;

  constructor({ maxLogLength = DEFAULT_LOG_LENGTH } = {}) {
    this.#maxLogLength = maxLogLength;
  }

  /** The version of the latest change in any bucket. */
  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  get(bucket: string, key: string): ApiObject | undefined {
    return this.#bucket(bucket).objects.get(key);
  }

  /** Creates or replaces the object and returns it with its new resourceVersion. */
  put(bucketName: string, object: ApiObject): ApiObject {
    const bucket = this.#bucket(bucketName);
    const key = keyOf(object);
    const resourceVersion = ++this.#resourceVersion;
    const current = withMetadata(object, { resourceVersion: String(resourceVersion) });
    const previous = bucket.objects.get(key);
    bucket.objects.set(key, current);
    this.#record(bucket, { resourceVersion, key, previous, current });
    return current;
  }

  /** Returns the object as it was, or undefined if there was none. */
  delete(bucketName: string, key: string): ApiObject | undefined {
    const bucket = this.#bucket(bucketName);
    const previous = bucket.objects.get(key);
    if (!previous) return undefined;
    bucket.objects.delete(key);
    this.#record(bucket, {
      resourceVersion: ++this.#resourceVersion,
      key,
      previous,
      current: undefined,
    });
    return previous;
  }

  /** All objects in key order, now or at an earlier version. Throws CompactedError when that is too long ago. */
  list(bucketName: string, at = this.#resourceVersion): readonly ApiObject[] {
    const bucket = this.#bucket(bucketName);
    if (at < this.#resourceVersion) this.checkServed(bucketName, at);
    const later = this.changesAfter(bucketName, at);
    if (later.length > 0) return inKeyOrder(rolledBack(bucket.objects, later));
    bucket.sorted ??= inKeyOrder(bucket.objects);
    return bucket.sorted;
  }

  /** Throws CompactedError for a version from before the last compaction, also if nothing of this bucket was lost. */
  checkServed(bucketName: string, resourceVersion: number): void {
    const { compactedTo } = this.#bucket(bucketName);
    if (resourceVersion < compactedTo) throw new CompactedError(resourceVersion, compactedTo);
  }

  /**
   * The changes after a version, oldest first, for a reader that knows everything before. Throws CompactedError if one of
   * them is lost.
   */
  changesAfter(bucketName: string, resourceVersion: number, limit = Number.POSITIVE_INFINITY): Change[] {
    const { log, lostTo, compactedTo } = this.#bucket(bucketName);
    if (resourceVersion < lostTo) throw new CompactedError(resourceVersion, compactedTo);
    const start = firstAfter(log, resourceVersion);
    return log.slice(start, start + limit);
  }

  /** Forgets the changes up to and including this version, as etcd does every five minutes. */
  compact(resourceVersion: number): void {
    this.#compactedTo = Math.max(this.#compactedTo, resourceVersion);
    for (const bucket of this.#buckets.values()) compactBucket(bucket, resourceVersion);
  }

  /** Calls the listener after each change of the bucket, until the returned function is called. */
  onChange(bucketName: string, listener: (change: Change) => void): () => void {
    const { listeners } = this.#bucket(bucketName);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  #record(bucket: Bucket, change: Change): void {
    bucket.sorted = undefined;
    bucket.log.push(change);
    // A quarter at a time, so that the array is not moved at every change.
    if (bucket.log.length > this.#maxLogLength * 1.25) {
      compactBucket(bucket, bucket.log.at(-this.#maxLogLength)?.resourceVersion ?? 0);
    }
    for (const listener of bucket.listeners) listener(change);
  }

  #bucket(name: string): Bucket {
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      bucket = {
        objects: new Map(),
        sorted: undefined,
        log: [],
        compactedTo: this.#compactedTo,
        lostTo: 0,
        listeners: new Set(),
      };
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }
}

function compactBucket(bucket: Bucket, resourceVersion: number): void {
  const kept = firstAfter(bucket.log, resourceVersion);
  bucket.lostTo = bucket.log[kept - 1]?.resourceVersion ?? bucket.lostTo;
  bucket.log = bucket.log.slice(kept);
  bucket.compactedTo = Math.max(bucket.compactedTo, resourceVersion);
}

/** The index of the first change after the version, by bisection. */
function firstAfter(log: readonly Change[], resourceVersion: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[middle]?.resourceVersion ?? 0) > resourceVersion) high = middle;
    else low = middle + 1;
  }
  return low;
}

function rolledBack(
  objects: ReadonlyMap<string, ApiObject>,
  later: readonly Change[],
): Map<string, ApiObject> {
  const earlier = new Map(objects);
  for (const { key, previous } of later.toReversed()) {
    if (previous) earlier.set(key, previous);
    else earlier.delete(key);
  }
  return earlier;
}

function inKeyOrder(objects: ReadonlyMap<string, ApiObject>): readonly ApiObject[] {
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}
