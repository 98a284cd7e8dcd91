// What a reflector does after a failure. Pure: the error and the cursor decide, nothing else.
import {
  isExpired,
  isFieldSelectorRefused,
  isRequestRefused,
  isTooLargeResourceVersion,
  isTooManyRequests,
  isUnavailable,
  KubeApiError,
} from './api-error.ts';
import { MalformedBodyError } from './byte-stream.ts';
import { type Cursor, phaseOf } from './cursor.ts';
import type { Resource } from './resources.ts';

export type Recovery =
  /** Wait as back-off says, then go on from the cursor. */
  | { readonly kind: 'retry'; readonly cursor: Cursor }
  /** The server cannot do something that can be done without: go on without it, at once. */
  | { readonly kind: 'degrade'; readonly cursor: Cursor; readonly without: 'WatchList' | 'field selector' }
  /** The server does not have the resource at all, and that is fine. */
  | { readonly kind: 'absent'; readonly cursor: Cursor };

export function recover(error: unknown, cursor: Cursor, resource: Resource<unknown>): Recovery {
  if (resource.isOptional && isUnavailable(error)) return { kind: 'absent', cursor: relist(cursor) };
  if (cursor.usesFieldSelector && resource.isFieldSelectorOptional && isSelectorAtFault(error, cursor))
    return { kind: 'degrade', cursor: { ...cursor, usesFieldSelector: false }, without: 'field selector' };

  switch (phaseOf(cursor)) {
    case 'watch-list':
      return isWatchListUnknown(error)
        ? { kind: 'degrade', cursor: { ...cursor, usesWatchList: false }, without: 'WatchList' }
        : { kind: 'retry', cursor: isVersionUseless(error) ? withLatestInOnePiece(cursor) : cursor };
    case 'list':
      return { kind: 'retry', cursor: isVersionUseless(error) ? withLatestInOnePiece(cursor) : cursor };
    case 'watch':
      return { kind: 'retry', cursor: recoverWatch(error, cursor) };
  }
}

/** After a broken connection the history is still there; after what the server said of it, or garbage, it may not be. */
function recoverWatch(error: unknown, cursor: Cursor): Cursor {
  if (isTooLargeResourceVersion(error)) return withLatest(relist(cursor));
  // A list that is itself too old to watch from would be the same again: its server lags behind.
  if (isExpired(error) && cursor.resumeAfter === cursor.listVersion) return withLatest(relist(cursor));
  if (isExpired(error) || isRequestRefused(error) || error instanceof MalformedBodyError)
    return relist(cursor);
  const isErrorEvent = error instanceof KubeApiError && error.isWatchEvent;
  return isErrorEvent && !isTooManyRequests(error) ? relist(cursor) : cursor;
}

/** Some servers do not say what they dislike: without WatchList only the selector is left to be it. */
function isSelectorAtFault(error: unknown, cursor: Cursor): boolean {
  return isFieldSelectorRefused(error) || (phaseOf(cursor) === 'list' && isRequestRefused(error));
}

/** Servers without the feature gate refuse the request; with an etcd before 3.4.25 they accept it and send an ERROR event. */
function isWatchListUnknown(error: unknown): boolean {
  if (isRequestRefused(error)) return true;
  const isErrorEvent = error instanceof KubeApiError && error.isWatchEvent;
  return isErrorEvent && !isVersionUseless(error) && !isTooManyRequests(error);
}

function isVersionUseless(error: unknown): boolean {
  return isExpired(error) || isTooLargeResourceVersion(error);
}

function relist(cursor: Cursor): Cursor {
  return { ...cursor, resumeAfter: undefined };
}

/** Whatever is the latest when asked: no version that the server has lost or has not reached can fail that. */
function withLatest(cursor: Cursor): Cursor {
  return { ...cursor, notOlderThan: '' };
}

/** After a list failed by its version: the latest, in one piece, so that no continue token can expire either. */
function withLatestInOnePiece(cursor: Cursor): Cursor {
  return { ...withLatest(cursor), usesPages: false };
}
