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
import { expired, type Status, tooLargeResourceVersion } from './status-error.ts';
import { type Change, CompactedError, type ObjectStore } from './store.ts';

export interface WatchDeps {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly bookmarkIntervalMs: number;
  /** How long a watch without `timeoutSeconds` lasts. */
  readonly defaultTimeoutMs: number;
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
const BATCH_CHANGES = 1_000;

/** Throws 504 for a version that is not there yet. */
export function openWatch(deps: WatchDeps, request: WatchRequest): AsyncIterable<string> {
  const { resourceVersion, sendInitialEvents } = request.options;
  const current = deps.store.resourceVersion;
  if (sendInitialEvents && (resourceVersion ?? 0) > current) {
    throw tooLargeResourceVersion(resourceVersion ?? 0, current);
  }
  return inChunks(watchEvents(deps, request));
}

/** One line for each event; an empty string where the client should get what there is so far. */
async function* watchEvents(deps: WatchDeps, request: WatchRequest): AsyncGenerator<string> {
  const { store, clock } = deps;
  const { resource, options } = request;
  const deadlineMs =
    clock.nowMs() + (options.timeoutSeconds ? options.timeoutSeconds * 1000 : deps.defaultTimeoutMs);
  let position = options.resourceVersion ?? 0;
  if (startsWithState(options)) {
    position = store.resourceVersion;
    yield* stateLines(store.list(resource.bucket), request, position);
  }
  const lines = changeLines(request);
  let bookmarkMs = clock.nowMs() + deps.bookmarkIntervalMs;
  while (!request.signal.aborted) {
    const seen = store.resourceVersion;
    const changes = nextChanges(store, resource.bucket, position);
    if (!Array.isArray(changes)) return yield eventLine('ERROR', JSON.stringify(changes));
    for (const change of changes) yield* lines(change);
    if (changes.length === BATCH_CHANGES) {
      position = changes.at(-1)?.resourceVersion ?? position;
      continue;
    }
    position = Math.max(position, seen);
    const now = clock.nowMs();
    if (options.allowWatchBookmarks && (now >= bookmarkMs || now >= deadlineMs)) {
      yield bookmarkLine(request, position);
      bookmarkMs = now + deps.bookmarkIntervalMs;
    }
    if (now >= deadlineMs) return;
    yield '';
    if (store.resourceVersion !== seen) continue;
    await wake(deps, request, Math.min(deadlineMs, bookmarkMs) - now);
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

/** An object that comes into the selection is ADDED, one that leaves it DELETED, whatever happened to the object itself. */
function changeLines(request: WatchRequest): (change: Change) => Generator<string> {
  const isSelected = selects(request.resource, request.namespace, request.options);
  return function* (change) {
    const { current, previous } = change;
    const isIn = current !== undefined && isSelected(current);
    const wasIn = previous !== undefined && isSelected(previous);
    if (isIn) yield objectLine(request, wasIn ? 'MODIFIED' : 'ADDED', current);
    else if (wasIn) yield objectLine(request, 'DELETED', lastState(change, previous));
  };
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

function nextChanges(store: ObjectStore, bucket: string, position: number): Change[] | Status {
  try {
    return store.changesAfter(bucket, position, BATCH_CHANGES);
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    return expired(`too old resource version: ${error.requested} (${error.oldest})`).status;
  }
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

async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const line of lines) {
    chunk += line;
    if (chunk !== '' && (line === '' || chunk.length >= CHUNK_LENGTH)) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
