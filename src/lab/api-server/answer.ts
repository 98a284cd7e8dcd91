// What the server answers, before it is HTTP.
import type { Status, StatusError } from './status-error.ts';

export interface Answer {
  readonly code: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces are produced as fast as the client takes them. */
  readonly body: string | Iterable<string> | AsyncIterable<string>;
  /** Defaults to application/json. */
  readonly contentType?: string;
}

export function jsonAnswer(code: number, value: unknown): Answer {
  return { code, body: JSON.stringify(value) };
}

export function statusAnswer({ status }: StatusError): Answer {
  const { retryAfterSeconds } = status.details ?? {};
  return {
    ...jsonAnswer(status.code, status),
    headers: {
      ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
      ...(status.code === 403 ? { 'X-Content-Type-Options': 'nosniff' } : {}),
    },
  };
}

/** What a deletion answers. */
export function success(details: Status['details'] & object): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
