// Watches: the state at a moment if asked for, then every change, bookmarks in between, until time is up, the client has
// gone or the log no longer reaches back (apiserver, pkg/storage/cacher and endpoints/handlers/watch.go).
//
// A watch is a cursor into the store's log. It produces text only as fast as the client takes it, so a slow client costs
// no memory; one that falls too far behind is told 410 like any other.
import type { Clock } from '../../util/clock.ts';
import { selects } from './list.ts';
import type { ListOptions } from './list-options.ts';
import { type ApiObject, withMetadata } from './objects.ts';
import type { Representation } from './representation.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { expired, tooLargeResourceVersion } from './status-error.ts';
import { type Change, CompactedError, type ObjectStore } from './store.ts';

export interface WatchDeps {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly bookmarkIntervalMs: number;
  /** How long a watch lasts whose client does not say. */
  readonly defaultTimeoutSeconds: number;
}

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';

export interface WatchRequest {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly options: ListOptions;
  readonly representation: Pick<Representation, 'object' | 'bookmark'>;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** Text is handed to the socket in pieces of about this size. */
const CHUNK_LENGTH = 64 * 1024;
/** How many changes are taken from the log at once. */
const BATCH_CHANGES = 100;

/** Throws 504 for a version that is not there yet. */
export function openWatch(deps: WatchDeps, request: WatchRequest): AsyncIterable<string> {
  const { resourceVersion = 0, sendInitialEvents } = request.options;
  const current = deps.store.resourceVersion;
  if (sendInitialEvents && resourceVersion > current) throw tooLargeResourceVersion(resourceVersion, current);
  return watchChunks(deps, request);
}

async function* watchChunks(deps: WatchDeps, request: WatchRequest): AsyncGenerator<string> {
  try {
    yield* followedChunks(deps, request, yield* openingChunks(deps, request));
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    const { status } = expired(`too old resource version: ${error.requested} (${error.oldest})`);
    yield eventLine('ERROR', JSON.stringify(status));
  }
}

/** The present state if the client wants it. Returns the version up to which it then knows everything. */
function* openingChunks({ store }: WatchDeps, request: WatchRequest): Generator<string, number> {
  const { resource, options } = request;
  const { resourceVersion = 0 } = options;
  if (!startsWithState(options)) {
    store.checkServed(resource.bucket, resourceVersion);
    return resourceVersion;
  }
  const current = store.resourceVersion;
  yield* inChunks(stateLines(store.list(resource.bucket), request, current));
  return current;
}

/** The changes after `position` as they come, and bookmarks. */
async function* followedChunks(
  deps: WatchDeps,
  request: WatchRequest,
  position: number,
): AsyncGenerator<string> {
  const { store, clock } = deps;
  const { options, signal } = request;
  const nextBookmarkMs = (): number =>
    options.allowWatchBookmarks ? clock.nowMs() + deps.bookmarkIntervalMs : Number.POSITIVE_INFINITY;
  const deadlineMs = clock.nowMs() + (options.timeoutSeconds || deps.defaultTimeoutSeconds) * 1000;
  let bookmarkMs = nextBookmarkMs();
  let seen = position;
  while (!signal.aborted) {
    const batch = nextBatch(store, request, seen);
    if (batch.text) yield batch.text;
    seen = batch.position;
    const nowMs = clock.nowMs();
    if (options.allowWatchBookmarks && nowMs >= Math.min(bookmarkMs, deadlineMs)) {
      yield bookmarkLine(request, seen);
      bookmarkMs = nextBookmarkMs();
    }
    if (nowMs >= deadlineMs) return;
    if (seen >= store.resourceVersion) await wake(deps, request, Math.min(deadlineMs, bookmarkMs) - nowMs);
  }
}

/** Without a version a watch begins with everything that exists; with one, only when asked. */
function startsWithState({ resourceVersion, sendInitialEvents }: ListOptions): boolean {
  return sendInitialEvents ?? !resourceVersion;
}

function* stateLines(
  state: readonly ApiObject[],
  request: WatchRequest,
  position: number,
): Generator<string> {
  const isSelected = selects(request.resource, request.namespace, request.options);
  for (const object of state) {
    if (isSelected(object)) yield objectLine(request, 'ADDED', object);
  }
  if (request.options.sendInitialEvents) {
    yield bookmarkLine(request, position, { 'k8s.io/initial-events-end': 'true' });
  }
}

interface Batch {
  readonly text: string;
  /** Everything up to this version is in the text. */
  readonly position: number;
}

/** Throws CompactedError when the reader has fallen too far behind. */
function nextBatch(store: ObjectStore, request: WatchRequest, position: number): Batch {
  const changes = store.changesAfter(request.resource.bucket, position, BATCH_CHANGES);
  const isAll = changes.length < BATCH_CHANGES;
  const reached = isAll ? store.resourceVersion : (changes.at(-1)?.resourceVersion ?? 0);
  const text = changes.map((change) => changeLine(request, change)).join('');
  return { text, position: Math.max(position, reached) };
}

/** An object that comes into the selection is ADDED, one that leaves it DELETED, whatever happened to the object itself. */
function changeLine(request: WatchRequest, change: Change): string {
  const isSelected = selects(request.resource, request.namespace, request.options);
  const { current, previous } = change;
  const isIn = current !== undefined && isSelected(current);
  const wasIn = previous !== undefined && isSelected(previous);
  if (isIn) return objectLine(request, wasIn ? 'MODIFIED' : 'ADDED', current);
  return wasIn ? objectLine(request, 'DELETED', lastState(change, previous)) : '';
}

const lastStates = new WeakMap<Change, ApiObject>();

/** What a watcher sees of an object that has gone from its view: as it was, at the version of the change. */
function lastState(change: Change, previous: ApiObject): ApiObject {
  let state = lastStates.get(change);
  if (!state) {
    state = withMetadata(previous, { resourceVersion: String(change.resourceVersion) });
    lastStates.set(change, state);
  }
  return state;
}

function objectLine({ representation }: WatchRequest, type: EventType, object: ApiObject): string {
  return eventLine(type, representation.object(object));
}

function bookmarkLine(
  { resource, representation }: WatchRequest,
  position: number,
  annotations?: Record<string, string>,
): string {
  const object: Readonly<Record<string, unknown>> = {
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: { resourceVersion: String(position), ...(annotations ? { annotations } : {}) },
    ...resource.zero,
  };
  return eventLine('BOOKMARK', representation.bookmark(object as ApiObject));
}

function eventLine(type: EventType | 'ERROR', object: string): string {
  return `{"type":"${type}","object":${object}}\n`;
}

/** Resolves at the next change of the bucket, after the delay, or when the client has gone. */
function wake(
  { store, clock }: WatchDeps,
  { resource, signal }: WatchRequest,
  delayMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancelTimer();
      unsubscribe();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancelTimer = clock.after(delayMs, done);
    const unsubscribe = store.onChange(resource.bucket, done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
