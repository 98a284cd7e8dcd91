// An API server with real state that breaks as told: a store with a history, lists in pages of consistent snapshots, watches,
// WatchList, bookmarks, compaction, and for each request one fault out of a schedule. Speaks the wire format, byte for byte.
import type { ApiReader } from '../../src/kube/api-client.ts';
import { errorFromAnswer } from '../../src/kube/api-error.ts';
import type { ByteStream } from '../../src/kube/byte-stream.ts';
import type { Clock } from '../../src/util/clock.ts';
import { untilAborted } from './scripted-api.ts';

/** What goes wrong with one request. `afterLines` counts what the answer sends before. */
export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterMs: number }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'error-event'; readonly code: number; readonly afterLines: number }
  | { readonly kind: 'garbage' | 'truncated' | 'cut' | 'closed' | 'half-open'; readonly afterLines: number };

export interface FaultInjectingApiOptions {
  readonly clock: Clock;
  readonly faults: readonly Fault[];
  readonly watchList: 'yes' | 'refused' | 'error-event';
  readonly knowsFieldSelector: boolean;
  /** How a watch of a compacted version is told so. */
  readonly expiry: 'status' | 'event';
  /** How far behind the latest version a list may be that does not ask for the latest. */
  readonly staleness: number;
  readonly pageSize: number;
  readonly chunkBytes: number;
}

interface HistoryEntry {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly name: string;
  readonly version: number;
}

export class FaultInjectingApi implements ApiReader {
  readonly requests: string[] = [];
  /** Answers whose body is neither read to its end nor left. */
  open = 0;
  readonly #options: FaultInjectingApiOptions;
  readonly #faults: Fault[];
  readonly #history: HistoryEntry[] = [];
  #version = 10;
  #compactedVersion = 0;
  #bookmarks = 0;
  #changed = Promise.withResolvers<void>();

  constructor(options: FaultInjectingApiOptions) {
    this.#options = options;
    this.#faults = [...options.faults];
  }

  /** Creates or changes an object. */
  put(name: string): void {
    this.#append(this.state().has(name) ? 'MODIFIED' : 'ADDED', name);
  }

  delete(name: string): void {
    if (this.state().has(name)) this.#append('DELETED', name);
  }

  /** The history up to now is gone. Watches that are open go on. */
  compact(): void {
    this.#version += 1;
    this.#compactedVersion = this.#version;
  }

  bookmark(): void {
    this.#bookmarks += 1;
    this.#notify();
  }

  /** Version of each object. */
  state(asOf = this.#version): Map<string, number> {
    const state = new Map<string, number>();
    for (const { type, name, version } of this.#history) {
      if (version > asOf) break;
      if (type === 'DELETED') state.delete(name);
      else state.set(name, version);
    }
    return state;
  }

  async get(path: string, signal: AbortSignal): Promise<ByteStream> {
    signal.throwIfAborted();
    this.requests.push(path);
    const { searchParams: query } = new URL(path, 'http://api');
    const fault = this.#faults.shift() ?? { kind: 'none' };
    this.#refuse(query, fault);
    const lines = query.get('watch') ? this.#watch(query, signal) : this.#list(query);
    return this.#body(lines, fault, signal);
  }

  #refuse(query: URLSearchParams, fault: Fault): void {
    const { watchList, knowsFieldSelector, expiry } = this.#options;
    if (fault.kind === 'refused') throw new Error('connect ECONNREFUSED');
    if (fault.kind === 'status') throw errorFromAnswer(fault.status, {}, fault.retryAfterMs);
    if (fault.kind === 'too-large')
      throw errorFromAnswer(504, { message: 'Too large resource version: 9' }, 1000);
    if (query.get('fieldSelector') && !knowsFieldSelector)
      throw errorFromAnswer(400, { message: 'field label not supported: spec.clusterIP' }, undefined);
    if (query.get('sendInitialEvents') && watchList === 'refused') throw errorFromAnswer(422, {}, undefined);
    if (expiry === 'status' && this.#isExpired(query)) throw errorFromAnswer(410, {}, undefined);
    if (query.get('continue') && Number(query.get('continue')?.split(':')[0]) < this.#compactedVersion)
      throw errorFromAnswer(410, { reason: 'Expired' }, undefined);
  }

  #isExpired(query: URLSearchParams): boolean {
    const isResume = query.get('watch') !== null && query.get('sendInitialEvents') === null;
    return isResume && Number(query.get('resourceVersion')) < this.#compactedVersion;
  }

  /** The pieces of one page: its head, an item each, its end. */
  *#list(query: URLSearchParams): Generator<string> {
    const [version, offset] = (query.get('continue') ?? `${this.#snapshotFor(query)}:0`)
      .split(':')
      .map(Number);
    const all = byName(this.state(version));
    const end = (offset ?? 0) + (query.get('limit') ? this.#options.pageSize : all.length);
    const continueToken = end < all.length ? `${version}:${end}` : '';
    yield `{"kind":"List","metadata":{"resourceVersion":"${version}","continue":"${continueToken}"},"items":[`;
    for (const [i, [name, objectVersion]] of all.slice(offset, end).entries())
      yield `${i > 0 ? ',\n' : ''}${JSON.stringify(objectOf(name, objectVersion))}`;
    yield ']}\n';
  }

  /** What a cache may answer: not older than asked, not newer than now. */
  #snapshotFor(query: URLSearchParams): number {
    const asked = query.get('resourceVersion');
    if (!asked) return this.#version;
    return Math.max(Number(asked), this.#version - this.#options.staleness);
  }

  async *#watch(query: URLSearchParams, signal: AbortSignal): AsyncGenerator<string> {
    let version = Number(query.get('resourceVersion'));
    if (this.#isExpired(query)) return yield line('ERROR', { code: 410, reason: 'Expired' });
    if (query.get('sendInitialEvents')) {
      if (this.#options.watchList === 'error-event') return yield line('ERROR', { code: 500 });
      version = this.#snapshotFor(query);
      yield* initialEvents(this.state(version), version);
    }
    const timeout = new AbortController();
    const cancel = this.#options.clock.after(Number(query.get('timeoutSeconds')) * 1000, () =>
      timeout.abort(),
    );
    try {
      yield* this.#changes(version, AbortSignal.any([signal, timeout.signal]));
    } catch (error) {
      if (!timeout.signal.aborted) throw error;
    } finally {
      cancel();
    }
  }

  async *#changes(after: number, signal: AbortSignal): AsyncGenerator<string> {
    let version = after;
    let bookmarks = this.#bookmarks;
    for (;;) {
      const changed = this.#changed.promise; // taken first, so that no change between here and the wait is missed
      for (const entry of this.#history.filter((entry) => entry.version > version)) {
        version = entry.version;
        yield line(entry.type, objectOf(entry.name, entry.version));
      }
      if (bookmarks < this.#bookmarks && this.#isUpToDate(version)) {
        bookmarks = this.#bookmarks;
        yield line('BOOKMARK', { metadata: { resourceVersion: String(this.#version) } });
      }
      await Promise.race([changed, untilAborted(signal)]);
    }
  }

  #isUpToDate(version: number): boolean {
    return (this.#history.at(-1)?.version ?? 0) <= version;
  }

  async *#body(
    lines: Iterable<string> | AsyncIterable<string>,
    fault: Fault,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    this.open += 1;
    let sent = 0;
    try {
      for await (const text of lines) {
        if ('afterLines' in fault && sent >= fault.afterLines) return yield* this.#break(fault, text, signal);
        yield* this.#chunks(text);
        sent += 1;
        signal.throwIfAborted();
      }
    } finally {
      this.open -= 1;
    }
  }

  async *#break(fault: Fault, text: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    switch (fault.kind) {
      case 'garbage':
        return yield* this.#chunks('{"type":"ADDED","object":nonsense}\n');
      case 'error-event':
        return yield* this.#chunks(line('ERROR', { code: fault.code, message: 'injected' }));
      case 'truncated':
        yield* this.#chunks(text.slice(0, text.length / 2));
        throw new Error('aborted');
      case 'cut':
        throw new Error('aborted');
      case 'half-open':
        return await untilAborted(signal);
      default:
        return; // closed as if all were well
    }
  }

  *#chunks(text: string): Generator<Buffer> {
    const bytes = Buffer.from(text);
    const { chunkBytes } = this.#options;
    for (let start = 0; start < bytes.length; start += chunkBytes)
      yield bytes.subarray(start, start + chunkBytes);
  }

  #append(type: HistoryEntry['type'], name: string): void {
    this.#version += 1;
    this.#history.push({ type, name, version: this.#version });
    this.#notify();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

function* initialEvents(state: ReadonlyMap<string, number>, version: number): Generator<string> {
  for (const [name, objectVersion] of byName(state)) yield line('ADDED', objectOf(name, objectVersion));
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  yield line('BOOKMARK', { metadata: { resourceVersion: String(version), annotations } });
}

/** etcd keeps objects in the order of their names, so a list says nothing about when they changed. */
function byName(state: ReadonlyMap<string, number>): [name: string, version: number][] {
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1));
}

function objectOf(name: string, version: number) {
  const metadata = { namespace: 'default', name, resourceVersion: String(version) };
  return { metadata, spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }] } };
}

function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}
