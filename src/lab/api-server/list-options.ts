// The query of a list, watch or deletecollection request: metav1.ListOptions with its validation
// (apimachinery, apis/meta/internalversion/validation).
import { isSelectableField, type Resource } from './resources.ts';
import { parseFieldSelector, parseLabelSelector, type Selector } from './selectors.ts';
import { badRequest, invalid, type StatusCause } from './status-error.ts';

export interface ListOptions {
  readonly labels: Selector;
  readonly fields: Selector;
  readonly watch: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  /** undefined: the most recent. 0: any. */
  readonly resourceVersion: number | undefined;
  readonly resourceVersionMatch: '' | 'Exact' | 'NotOlderThan';
  readonly timeoutSeconds: number | undefined;
  /** 0 for no limit. */
  readonly limit: number;
  /** The token of the page before, or empty. */
  readonly continueToken: string;
}

/** Throws 400 or 422. */
export function parseListOptions(resource: Resource, query: URLSearchParams): ListOptions {
  const options: ListOptions = {
    labels: parseLabelSelector(query.get('labelSelector') ?? ''),
    fields: parseFieldSelector(query.get('fieldSelector') ?? '', (field) =>
      isSelectableField(resource, field),
    ),
    watch: flag(query, 'watch') ?? false,
    allowWatchBookmarks: flag(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: flag(query, 'sendInitialEvents'),
    resourceVersion: count(query, 'resourceVersion'),
    resourceVersionMatch: (query.get('resourceVersionMatch') ?? '') as ListOptions['resourceVersionMatch'],
    timeoutSeconds: count(query, 'timeoutSeconds'),
    limit: count(query, 'limit') ?? 0,
    continueToken: query.get('continue') ?? '',
  };
  const causes = problems(options);
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  return options;
}

function problems(options: ListOptions): StatusCause[] {
  const { watch, sendInitialEvents, resourceVersionMatch: match, resourceVersion, continueToken } = options;
  if (!['', 'Exact', 'NotOlderThan'].includes(match)) {
    return [
      { reason: 'FieldValueNotSupported', field: 'resourceVersionMatch', message: unsupportedMatch(match) },
    ];
  }
  if (sendInitialEvents !== undefined) return initialEventsProblems(options);
  if (!match) return [];
  if (watch)
    return [
      forbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    ];
  if (resourceVersion === undefined) {
    return [
      forbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden unless resourceVersion is provided',
      ),
    ];
  }
  if (continueToken) {
    return [forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')];
  }
  if (match === 'Exact' && resourceVersion === 0) {
    return [
      forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
    ];
  }
  return [];
}

function initialEventsProblems({
  watch,
  resourceVersionMatch,
  allowWatchBookmarks,
}: ListOptions): StatusCause[] {
  if (!watch) return [forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')];
  if (resourceVersionMatch !== 'NotOlderThan') {
    return [
      forbidden(
        'resourceVersionMatch',
        'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      ),
    ];
  }
  // The real one sends no end mark without bookmarks; a client that would wait for it for ever is told here.
  if (!allowWatchBookmarks) {
    return [forbidden('allowWatchBookmarks', 'sendInitialEvents requires setting allowWatchBookmarks')];
  }
  return [];
}

function forbidden(field: string, why: string): StatusCause {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` };
}

function unsupportedMatch(match: string): string {
  return `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`;
}

function flag(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  return value === null ? undefined : !['', 'false', '0'].includes(value.toLowerCase());
}

function count(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^\d{1,15}$/.test(value)) {
    throw badRequest(`Invalid value: "${value}": ${name} must be a whole number`);
  }
  return Number(value);
}
