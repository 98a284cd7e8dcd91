// How long a reflector waits for what. Pure: random numbers come in, each in [0, 1).
import { type Backoff, backoffMs } from '../util/backoff.ts';
import { KubeApiError } from './api-error.ts';
import { type Cursor, phaseOf } from './cursor.ts';

/** As client-go's reflector. */
const RETRY: Backoff = { firstMs: 800, maxMs: 30_000 };
/** A server may ask us to stay away, but not for ever. */
const MAX_RETRY_AFTER_MS = 120_000;
/** An absent resource comes with an upgrade of the control plane: no hurry. */
const ABSENT_RETRY: Backoff = { firstMs: 600_000, maxMs: 600_000 };

const MIN_TIMEOUT_SECONDS = 300;
const MAX_TIMEOUT_SECONDS = 600;

/** A server answers and lists without long pauses: its own limit for a request is a minute. */
const LIST_SILENCE_MS = 60_000;
/** For servers that are known to send bookmarks, which they do every minute. */
const BOOKMARK_SILENCE_MS = 150_000;
/** How much longer than its own timeout a server may take to end a watch. */
const TIMEOUT_GRACE_MS = 30_000;

/** A watch that ends sooner, without a change, did not end by its timeout: something on the way cuts it. */
export const SHORT_WATCH_MS = 1_000;

/** How long a server is asked to keep a watch. Random, so that the watches of many nodes do not end together. */
export function randomTimeoutSeconds(random: number): number {
  return MIN_TIMEOUT_SECONDS + Math.floor(random * (MAX_TIMEOUT_SECONDS - MIN_TIMEOUT_SECONDS + 1));
}

/** Back-off after so many failures in a row, or longer if the server asks for it. */
export function retryDelayMs(error: unknown, failures: number, random: number): number {
  const askedMs = error instanceof KubeApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(Math.min(askedMs, MAX_RETRY_AFTER_MS), backoffMs(RETRY, failures, random));
}

export function absentDelayMs(random: number): number {
  return backoffMs(ABSENT_RETRY, 1, random);
}

/** For how long a healthy server may send nothing. */
export function silenceLimitMs(cursor: Cursor, timeoutSeconds: number, hasSeenBookmarks: boolean): number {
  if (phaseOf(cursor) !== 'watch') return LIST_SILENCE_MS;
  return hasSeenBookmarks ? BOOKMARK_SILENCE_MS : timeoutSeconds * 1000 + TIMEOUT_GRACE_MS;
}
