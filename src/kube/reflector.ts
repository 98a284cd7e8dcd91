// Mirrors one resource: keeps asking the API server, whatever happens to server and network, and says in order what it
// learns. It keeps no objects: the consumer compares, because only it knows what it has.
import type { BaseLogger } from 'pino';
import type { WatchEvent } from '../model/records.ts';
import { assertNever } from '../util/assert-never.ts';
import { type Clock, sleep } from '../util/clock.ts';
import type { Intern } from '../util/intern.ts';
import type { ApiReader } from './api-client.ts';
import { KubeApiError } from './api-error.ts';
import { MalformedBodyError, TruncatedBodyError } from './byte-stream.ts';
import { advance, advanceToList, type Cursor, FIRST_CURSOR, type Phase, phaseOf } from './cursor.ts';
import { withoutSilence } from './inactivity-guard.ts';
import { type Message, messagesOf } from './messages.ts';
import { deleteEvent, putEvent } from './object-events.ts';
import {
  absentDelayMs,
  randomTimeoutSeconds,
  retryDelayMs,
  SHORT_WATCH_MS,
  silenceLimitMs,
} from './patience.ts';
import { recover } from './recovery.ts';
import type { Resource } from './resources.ts';

export interface ReflectorOptions<Record> {
  readonly resource: Resource<Record>;
  readonly client: ApiReader;
  /** Called in order, never concurrently. If it throws, the request counts as failed and the event comes again. */
  readonly onEvent: (event: WatchEvent<Record>) => void;
  readonly intern: Intern;
  readonly clock: Clock;
  /** In [0, 1), as Math.random. */
  readonly random: () => number;
  readonly log: Pick<BaseLogger, 'warn'>;
}

export interface ReflectorStatus {
  readonly resource: string;
  /** A complete list was delivered at some time. */
  readonly isSynced: boolean;
  /** When the server last sent an object or a bookmark; undefined if it never did. Servers send a bookmark every minute. */
  readonly lastHeardAtMs: number | undefined;
  readonly phase: Phase;
  /** Failures in a row. */
  readonly failures: number;
  /** Of the last failure in this row; empty when there is none. */
  readonly lastError: string;
}

export class Reflector<Record> {
  readonly #options: ReflectorOptions<Record>;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #cursor: Cursor = FIRST_CURSOR;
  #isSynced = false;
  #isAbsent = false;
  #hasSeenBookmarks = false;
  #lastHeardAtMs: number | undefined;
  #failures = 0;
  #lastError = '';
  /** The last failure was an answer, and not silence. */
  #wasAnswered = true;

  constructor(options: ReflectorOptions<Record>) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Resolves when nothing is open any more. No event comes after the call. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  status(): ReflectorStatus {
    return {
      resource: this.#options.resource.name,
      isSynced: this.#isSynced,
      lastHeardAtMs: this.#lastHeardAtMs,
      phase: phaseOf(this.#cursor),
      failures: this.#failures,
      lastError: this.#lastError,
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#request(signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
    }
  }

  /** One request to its end. Returns after a complete list, and when a watch ended as it should. */
  async #request(signal: AbortSignal): Promise<void> {
    const { clock, random, client, resource } = this.#options;
    const cursor = this.#cursor;
    const timeoutSeconds = randomTimeoutSeconds(random());
    const startedAtMs = clock.nowMs();
    let hasChanges = false;

    const messages = withoutSilence(
      (guardedSignal) => messagesOf({ client, resource, cursor, timeoutSeconds, signal: guardedSignal }),
      { clock, signal, limitMs: () => silenceLimitMs(this.#cursor, timeoutSeconds, this.#hasSeenBookmarks) },
    );
    for await (const message of messages) {
      if (signal.aborted) return;
      this.#take(message);
      hasChanges ||= message.kind !== 'bookmark';
    }
    if (phaseOf(this.#cursor) !== 'watch')
      throw new TruncatedBodyError('the list ended before it was complete');
    if (hasChanges) return;
    if (clock.nowMs() - startedAtMs < SHORT_WATCH_MS) throw new TruncatedBodyError('the watch ended at once');
    this.#endFailures();
  }

  #take(message: Message): void {
    this.#lastHeardAtMs = this.#options.clock.nowMs();
    switch (message.kind) {
      case 'replace-start':
        this.#options.onEvent(message);
        break;
      case 'put':
        this.#deliver(putEvent(message.object, this.#options), message.resourceVersion);
        break;
      case 'delete':
        this.#deliver(deleteEvent(message.object), message.resourceVersion);
        break;
      case 'bookmark':
        this.#hasSeenBookmarks = true;
        this.#deliver(undefined, message.resourceVersion);
        break;
      case 'synced':
        this.#completeList(message.resourceVersion);
        break;
      default:
        assertNever(message);
    }
  }

  /** The cursor moves only after delivery, and not within a list: its objects come in the order of their names. */
  #deliver(event: WatchEvent<Record> | undefined, resourceVersion: string): void {
    if (event) this.#options.onEvent(event);
    if (phaseOf(this.#cursor) !== 'watch') return;
    if (resourceVersion) this.#cursor = advance(this.#cursor, resourceVersion);
    this.#endFailures();
  }

  #completeList(resourceVersion: string): void {
    if (!resourceVersion) throw new MalformedBodyError('a list without resourceVersion');
    this.#options.onEvent({ kind: 'synced' });
    this.#cursor = advanceToList(this.#cursor, resourceVersion);
    this.#isSynced = true;
    this.#isAbsent = false;
  }

  /** Only a watch that works ends a row of failures: lists may work again and again while no watch does. */
  #endFailures(): void {
    this.#failures = 0;
    this.#lastError = '';
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { resource, log } = this.#options;
    const recovery = recover(error, this.#cursor, resource);
    this.#cursor = recovery.cursor;
    switch (recovery.kind) {
      case 'degrade':
        log.warn(
          { resource: resource.name, without: recovery.without, err: error },
          'API server lacks a feature, going on without it',
        );
        return;
      case 'absent':
        return this.#waitForResource(error, signal);
      case 'retry':
        return this.#backOff(error, signal);
      default:
        return assertNever(recovery);
    }
  }

  async #backOff(error: unknown, signal: AbortSignal): Promise<void> {
    const { resource, clock, random, log } = this.#options;
    // After an outage the first answer is often that our version is too old: the server is back, so no longer wait for it.
    const isAnswer = error instanceof KubeApiError;
    if (isAnswer && !this.#wasAnswered) this.#endFailures();
    this.#wasAnswered = isAnswer;
    this.#failures += 1;
    this.#lastError = error instanceof Error ? error.message : String(error);
    const delayMs = retryDelayMs(error, this.#failures, random());
    log.warn(
      { resource: resource.name, err: error, failures: this.#failures, delayMs },
      'API server request failed, will retry',
    );
    await sleep(clock, delayMs, signal);
  }

  /** Says once that there is nothing, and looks again at long intervals. */
  async #waitForResource(error: unknown, signal: AbortSignal): Promise<void> {
    const { resource, clock, random, log, onEvent } = this.#options;
    if (!this.#isAbsent) {
      log.warn(
        { resource: resource.name, err: error },
        'API server does not offer a resource, going on without it',
      );
      onEvent({ kind: 'replace-start' });
      onEvent({ kind: 'synced' });
    }
    this.#isAbsent = true;
    this.#isSynced = true;
    await sleep(clock, absentDelayMs(random()), signal);
  }
}
