// Lists: which objects, of which moment, in which pages (apiserver, pkg/storage/etcd3/store.go and continue.go).
import { toServed } from './event-versions.ts';
import type { ListOptions } from './list-options.ts';
import { type ApiObject, keyOf } from './objects.ts';
import { fieldsOf, type Resource } from './resources.ts';
import { badRequest, expired, tooLargeResourceVersion } from './status-error.ts';
import { CompactedError, type ObjectStore } from './store.ts';

export interface ListPage {
  readonly items: readonly ApiObject[];
  readonly resourceVersion: number;
  /** The token for the next page; undefined on the last. */
  readonly continueToken: string | undefined;
  /** How many follow; undefined on the last page, and where a selector makes it unknown. */
  readonly remainingItemCount: number | undefined;
}

interface ContinueToken {
  readonly v: 'meta.k8s.io/v1';
  /** -1: continue with what is there now, inconsistent with the pages before. */
  readonly rv: number;
  readonly start: string;
}

/** Follows the key of the last item of a page: the least key greater than it. */
const AFTER = '\u0000';

/** Throws 400, 410 or 504. `namespace` undefined lists all namespaces. */
export function listPage(
  store: ObjectStore,
  resource: Resource,
  namespace: string | undefined,
  options: ListOptions,
): ListPage {
  const { resourceVersion, start } = startOf(store, options);
  const all = snapshot(store, resource, { resourceVersion, start });
  const candidates = after(all, start).filter(selects(resource, namespace, options));
  const limit = options.limit || candidates.length;
  const items = candidates.slice(0, limit);
  const last = items.at(-1);
  const rest = candidates.length - items.length;
  const hasSelector = options.labels !== undefined || options.fields !== undefined;
  return {
    items,
    resourceVersion,
    continueToken: rest > 0 && last ? encodeToken(resourceVersion, keyOf(last)) : undefined,
    remainingItemCount: rest > 0 && !hasSelector ? rest : undefined,
  };
}

/** Whether the request's namespace and selectors select a stored object. */
export function selects(
  resource: Resource,
  namespace: string | undefined,
  { labels, fields }: Pick<ListOptions, 'labels' | 'fields'>,
): (object: ApiObject) => boolean {
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (!labels || labels(object.metadata.labels ?? {})) &&
    (!fields || fields(fieldsOf(resource, toServed(resource, object))));
}

interface Start {
  readonly resourceVersion: number;
  /** The least key wanted. */
  readonly start: string;
}

function startOf(store: ObjectStore, options: ListOptions): Start {
  const { resourceVersion: asked, resourceVersionMatch: match } = options;
  const current = store.resourceVersion;
  if (options.continueToken) return startOfToken(store, options.continueToken);
  if (asked === undefined || asked === 0) return { resourceVersion: current, start: '' };
  if (asked > current) throw tooLargeResourceVersion(asked, current);
  // Without a match, a version with a limit means exactly this version: the meaning from before resourceVersionMatch.
  const isExact = match === 'Exact' || (match === '' && options.limit > 0);
  return { resourceVersion: isExact ? asked : current, start: '' };
}

function startOfToken(store: ObjectStore, text: string): Start {
  const { rv, start } = decodeToken(text);
  return { resourceVersion: rv < 0 ? store.resourceVersion : rv, start };
}

function snapshot(
  store: ObjectStore,
  { bucket }: Resource,
  { resourceVersion, start }: Start,
): readonly ApiObject[] {
  try {
    return store.list(bucket, resourceVersion);
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    if (!start) throw expired('The resourceVersion for the provided list is too old.');
    throw expired(EXPIRED_CONTINUE, { continue: tokenText({ v: 'meta.k8s.io/v1', rv: -1, start }) });
  }
}

const EXPIRED_CONTINUE =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted ' +
  'between the time the first chunk was returned and now may show up in the list.';

function after(all: readonly ApiObject[], start: string): readonly ApiObject[] {
  return start ? all.filter((object) => keyOf(object) >= start) : all;
}

function encodeToken(resourceVersion: number, lastKey: string): string {
  return tokenText({ v: 'meta.k8s.io/v1', rv: resourceVersion, start: lastKey + AFTER });
}

function tokenText(token: ContinueToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decodeToken(text: string): ContinueToken {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (isToken(token)) return token;
  } catch {
    // Not JSON: answered below like JSON of the wrong shape.
  }
  throw badRequest('continue key is not valid');
}

function isToken(token: unknown): token is ContinueToken {
  const { v, rv, start } = (token ?? {}) as Record<string, unknown>;
  return v === 'meta.k8s.io/v1' && Number.isInteger(rv) && typeof start === 'string' && start !== '';
}
