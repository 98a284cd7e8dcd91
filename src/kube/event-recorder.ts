// Tells people, by Events, what Fairlead found wrong with their objects. Telling must never hold up the work: whoever records
// does not wait, and no trouble with the server comes back.
import type { BaseLogger } from 'pino';
import { type Backoff, backoffMs } from '../util/backoff.ts';
import { type Clock, sleep } from '../util/clock.ts';
import { type RateLimit, TokenBucket } from '../util/token-bucket.ts';
import type { ApiWriter } from './api-client.ts';
import { isConflict, isNotFound, isRequestRefused, isUnavailable } from './api-error.ts';
import { type EventNote, eventKey, eventName, eventObject, eventPath, seriesPatch } from './event-object.ts';

export interface EventRecorderOptions {
  readonly client: ApiWriter;
  readonly nodeName: string;
  readonly clock: Clock;
  /** In [0, 1), as Math.random. */
  readonly random: () => number;
  /** Of requests. */
  readonly limit: RateLimit;
  readonly log: Pick<BaseLogger, 'warn'>;
}

/** One Event, and how much of it the server knows. */
interface Series {
  readonly note: EventNote;
  readonly name: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly count: number;
  /** 0 until the server has it. */
  readonly sentCount: number;
  /** Not to be sent before. */
  readonly notBeforeMs: number;
  readonly failures: number;
}

/** What is not seen again for so long is over; the next time begins a new Event. */
const SERIES_WINDOW_MS = 10 * 60_000;
/** How often the count of what is seen again and again is brought up to date. */
const SERIES_UPDATE_MS = 5 * 60_000;
const SEND_TIMEOUT_MS = 10_000;
const RETRY: Backoff = { firstMs: 1_000, maxMs: 60_000 };
const MAX_FAILURES = 5;
const MAX_SERIES = 500;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #series = new Map<string, Series>();
  readonly #stopping = new AbortController();
  readonly #requests: TokenBucket;
  #nap = new AbortController();
  #sending: Promise<void> | undefined;
  /** While something waits to be sent. */
  #settled: PromiseWithResolvers<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#requests = new TokenBucket(options.limit);
  }

  /**
   * Never throws and never waits. The same note about the same object makes one Event with a count, until it was not seen
   * for ten minutes. What the server refuses, and what is too much, is dropped.
   */
  record(note: EventNote): void {
    if (this.#stopping.signal.aborted) return;
    const key = eventKey(note);
    const series = this.#seen(note, this.#series.get(key));
    if (series) this.#series.set(key, series);
    this.#settled ??= Promise.withResolvers();
    this.#nap.abort();
    this.#sending ??= this.#sendAll(this.#stopping.signal);
  }

  /** Resolves when all that was recorded is sent or given up. */
  async settled(): Promise<void> {
    await this.#settled?.promise;
  }

  /** Ends what is being sent. What was not sent yet is dropped. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#nap.abort();
    await this.#sending;
  }

  #seen(note: EventNote, known: Series | undefined): Series | undefined {
    const nowMs = this.#options.clock.nowMs();
    if (known) return { ...known, count: known.count + 1, lastMs: nowMs };
    if (this.#series.size >= MAX_SERIES) return undefined;
    const name = eventName(note, nowMs, this.#options.random());
    return { note, name, firstMs: nowMs, lastMs: nowMs, count: 1, sentCount: 0, notBeforeMs: 0, failures: 0 };
  }

  /** Runs as long as there is a series to send or to wait for. */
  async #sendAll(signal: AbortSignal): Promise<void> {
    for (let next = this.#next(); next && !signal.aborted; next = this.#next()) {
      if (!Array.from(this.#series.values()).some(hasNews)) this.#settle();
      const waitMs = next.atMs - this.#options.clock.nowMs();
      if (waitMs > 0) await this.#napFor(waitMs);
      else if (hasNews(next.series)) await this.#send(next.key, next.series, signal);
      else this.#series.delete(next.key);
    }
    this.#settle();
    this.#sending = undefined; // not later: what is recorded from now on starts anew
  }

  #settle(): void {
    this.#settled?.resolve();
    this.#settled = undefined;
  }

  #next(): { readonly key: string; readonly series: Series; readonly atMs: number } | undefined {
    const all = Array.from(this.#series, ([key, series]) => ({ key, series, atMs: this.#dueAt(series) }));
    return all.reduce<(typeof all)[number] | undefined>(
      (first, one) => (first && first.atMs <= one.atMs ? first : one),
      undefined,
    );
  }

  /** When it is to be sent, or, if the server knows everything, forgotten. */
  #dueAt(series: Series): number {
    return hasNews(series)
      ? Math.max(series.notBeforeMs, this.#requests.nextAtMs)
      : series.lastMs + SERIES_WINDOW_MS;
  }

  async #napFor(delayMs: number): Promise<void> {
    this.#nap = new AbortController();
    await sleep(this.#options.clock, delayMs, this.#nap.signal);
  }

  async #send(key: string, sent: Series, signal: AbortSignal): Promise<void> {
    this.#requests.take(this.#options.clock.nowMs());
    const error = await this.#trySend(sent, signal);
    const current = this.#series.get(key) ?? sent; // it may have been seen again meanwhile
    const after =
      error === undefined ? this.#afterSuccess(current, sent.count) : this.#afterFailure(current, error);
    if (after) this.#series.set(key, after);
    else this.#series.delete(key);
  }

  /** The error, or undefined. */
  async #trySend(series: Series, signal: AbortSignal): Promise<unknown> {
    const { client, clock, nodeName } = this.#options;
    const { note, name } = series;
    const timeout = new AbortController();
    const cancelTimeout = clock.after(SEND_TIMEOUT_MS, () =>
      timeout.abort(new Error('the API server is too slow')),
    );
    const either = AbortSignal.any([signal, timeout.signal]);
    try {
      if (series.sentCount > 0) await client.mergePatch(eventPath(note, name), seriesPatch(series), either);
      else
        await client.create(
          eventPath(note),
          eventObject(note, { name, nodeName, sightings: series }),
          either,
        );
      return undefined;
    } catch (error) {
      // An earlier try got through although its answer did not.
      return isConflict(error) ? undefined : error;
    } finally {
      cancelTimeout();
    }
  }

  #afterSuccess(series: Series, sentCount: number): Series {
    const notBeforeMs = this.#options.clock.nowMs() + SERIES_UPDATE_MS;
    return { ...series, sentCount, notBeforeMs, failures: 0 };
  }

  /** undefined: given up. */
  #afterFailure(series: Series, error: unknown): Series | undefined {
    const { clock, random, log } = this.#options;
    const failures = series.failures + 1;
    // Servers forget Events after an hour: a series that goes on longer begins anew.
    if (series.sentCount > 0 && isNotFound(error))
      return { ...series, name: eventName(series.note, clock.nowMs(), random()), sentCount: 0, failures };
    if (failures < MAX_FAILURES && !isRequestRefused(error) && !isUnavailable(error))
      return { ...series, failures, notBeforeMs: clock.nowMs() + backoffMs(RETRY, failures, random()) };
    if (!this.#stopping.signal.aborted)
      log.warn({ reason: series.note.reason, err: error }, 'cannot write an Event, dropped it');
    return undefined;
  }
}

function hasNews({ count, sentCount }: Series): boolean {
  return count > sentCount;
}
