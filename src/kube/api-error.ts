// What an API server says when it refuses: as an HTTP status, or as an ERROR event in the middle of a watch.
import { type JsonObject, objectOf, stringOf } from './json-object.ts';

/** A refusal by the API server, with what its Status object says. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';
  /** HTTP status, or the code of the Status in an ERROR event. */
  readonly status: number;
  /** Machine-readable, such as `Expired` or `Forbidden`; empty if the answer was no Status. */
  readonly reason: string;
  /** How long the server asks to stay away; undefined if it does not say. */
  readonly retryAfterMs: number | undefined;
  /** The request was accepted, and the refusal came as an event of the watch. */
  readonly isWatchEvent: boolean;

  constructor(init: {
    readonly status: number;
    readonly message: string;
    readonly reason?: string;
    readonly retryAfterMs?: number | undefined;
    readonly isWatchEvent?: boolean;
  }) {
    super(init.message);
    this.status = init.status;
    this.reason = init.reason ?? '';
    this.retryAfterMs = init.retryAfterMs;
    this.isWatchEvent = init.isWatchEvent ?? false;
  }
}

/** From the Status object of an answer. `status` and `retryAfterMs` are what the HTTP header said. */
export function errorFromAnswer(
  status: number,
  body: unknown,
  retryAfterMs: number | undefined,
): KubeApiError {
  const said = objectOf(body);
  return new KubeApiError({
    status,
    reason: stringOf(said['reason']),
    message: stringOf(said['message']) || `the API server answered with status ${status}`,
    retryAfterMs: retryAfterMs ?? statusRetryAfterMs(said),
  });
}

/** From the object of an ERROR event. One without a code counts as 500. */
export function errorFromEvent(said: JsonObject): KubeApiError {
  const code = said['code'];
  return new KubeApiError({
    status: Number.isInteger(code) ? Number(code) : 500,
    reason: stringOf(said['reason']),
    message: stringOf(said['message']) || 'the watch ended with an error',
    retryAfterMs: statusRetryAfterMs(said),
    isWatchEvent: true,
  });
}

/** The resourceVersion or continue token is too old for the server to know it. */
export function isExpired(error: unknown): boolean {
  return hasStatus(error, 410);
}

/** The server has not reached the resourceVersion yet, or was restored from a backup and may never. */
export function isTooLargeResourceVersion(error: unknown): boolean {
  return hasStatus(error, 504) && /too large resource version/i.test(error.message);
}

/** Servers before 1.31 do not know `spec.clusterIP` of Services as a field to select by (kubernetes #123905). */
export function isFieldSelectorRefused(error: unknown): boolean {
  return hasStatus(error, 400) && /field (label|selector)/i.test(error.message);
}

/** The server does not know what was asked, or validation forbids it. */
export function isRequestRefused(error: unknown): boolean {
  return hasStatus(error, 400) || hasStatus(error, 422);
}

/** The resource does not exist on this server, or this client may not see it. */
export function isUnavailable(error: unknown): boolean {
  return hasStatus(error, 403) || hasStatus(error, 404);
}

export function isNotFound(error: unknown): boolean {
  return hasStatus(error, 404);
}

export function isConflict(error: unknown): boolean {
  return hasStatus(error, 409);
}

export function isTooManyRequests(error: unknown): boolean {
  return hasStatus(error, 429);
}

function hasStatus(error: unknown, status: number): error is KubeApiError {
  return error instanceof KubeApiError && error.status === status;
}

function statusRetryAfterMs(said: JsonObject): number | undefined {
  const seconds = objectOf(said['details'])['retryAfterSeconds'];
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined;
}
