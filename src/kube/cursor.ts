// Where a reflector stands with its server, and the requests that follow from it. Pure data, no clock, no connection.
import type { Resource } from './resources.ts';

export interface Cursor {
  /** Watch on from this resourceVersion. undefined: what is known may have gaps, a complete list is needed. */
  readonly resumeAfter: string | undefined;
  /** A list must show this resourceVersion or a later one, so that time never runs backwards. Empty: the very latest. */
  readonly notOlderThan: string;
  /** The server streams lists as watch events (KEP-3157). */
  readonly usesWatchList: boolean;
  readonly usesFieldSelector: boolean;
  readonly usesPages: boolean;
  /** The version of the last complete list; empty before the first. */
  readonly listVersion: string;
}

/** Which kind of request comes next. */
export type Phase = 'watch-list' | 'list' | 'watch';

/** Any version will do at first: servers answer that from their cache, without asking etcd. */
export const ANY_VERSION = '0';

export const FIRST_CURSOR: Cursor = {
  resumeAfter: undefined,
  notOlderThan: ANY_VERSION,
  usesWatchList: true,
  usesFieldSelector: true,
  usesPages: true,
  listVersion: '',
};

const PAGE_SIZE = 500;

export function phaseOf(cursor: Cursor): Phase {
  if (cursor.resumeAfter !== undefined) return 'watch';
  return cursor.usesWatchList ? 'watch-list' : 'list';
}

/** Everything up to this resourceVersion has been delivered. */
export function advance(cursor: Cursor, resourceVersion: string): Cursor {
  return { ...cursor, resumeAfter: resourceVersion, notOlderThan: resourceVersion };
}

/** A complete list of this resourceVersion has been delivered. */
export function advanceToList(cursor: Cursor, resourceVersion: string): Cursor {
  return { ...advance(cursor, resourceVersion), listVersion: resourceVersion, usesPages: true };
}

/** The complete state as ADDED events, a bookmark at its end, and then what happens. */
export function watchListPath(resource: Resource<unknown>, cursor: Cursor, timeoutSeconds: number): string {
  return pathWith(resource, cursor, {
    watch: '1',
    allowWatchBookmarks: 'true',
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
    // Any version would be taken from a cache that may lag behind; client-go asks for the latest here too.
    resourceVersion: cursor.notOlderThan === ANY_VERSION ? '' : cursor.notOlderThan,
    timeoutSeconds: String(timeoutSeconds),
  });
}

export function watchPath(resource: Resource<unknown>, cursor: Cursor, timeoutSeconds: number): string {
  return pathWith(resource, cursor, {
    watch: '1',
    allowWatchBookmarks: 'true',
    resourceVersion: cursor.resumeAfter ?? '',
    timeoutSeconds: String(timeoutSeconds),
  });
}

/** The first page, or with a continue token the page after. */
export function listPath(resource: Resource<unknown>, cursor: Cursor, continueToken: string): string {
  const limit = cursor.usesPages ? String(PAGE_SIZE) : '';
  if (continueToken) return pathWith(resource, cursor, { limit, continue: continueToken });
  const resourceVersionMatch = cursor.notOlderThan ? 'NotOlderThan' : '';
  return pathWith(resource, cursor, { limit, resourceVersion: cursor.notOlderThan, resourceVersionMatch });
}

/** Parameters that are empty are left out. */
function pathWith(
  { path, labelSelector, fieldSelector }: Resource<unknown>,
  { usesFieldSelector }: Cursor,
  parameters: Readonly<Record<string, string>>,
): string {
  const all = { labelSelector, fieldSelector: usesFieldSelector ? fieldSelector : '', ...parameters };
  const query = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''));
  return `${path}?${query}`;
}
