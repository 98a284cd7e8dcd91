// The query of a list, watch or deletecollection request: metav1.ListOptions with its validation
// (apimachinery, apis/meta/internalversion/validation).

import { forbiddenField, unsupportedField } from './field-error.ts';
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
  const { resourceVersionMatch: match } = options;
  if (!MATCHES.includes(match)) return [unsupportedField('resourceVersionMatch', match, MATCHES)];
  const broken = RULES.find(({ isBroken }) => isBroken(options));
  return broken ? [forbiddenField(broken.field, broken.why)] : [];
}

const MATCHES = ['Exact', 'NotOlderThan', ''];

interface Rule {
  readonly field: keyof ListOptions;
  readonly why: string;
  readonly isBroken: (options: ListOptions) => boolean;
}

const RULES: readonly Rule[] = [
  {
    field: 'sendInitialEvents',
    why: 'sendInitialEvents is forbidden for list',
    isBroken: ({ sendInitialEvents, watch }) => sendInitialEvents !== undefined && !watch,
  },
  {
    field: 'resourceVersionMatch',
    why: 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    isBroken: ({ sendInitialEvents, resourceVersionMatch }) =>
      sendInitialEvents !== undefined && resourceVersionMatch !== 'NotOlderThan',
  },
  {
    // The real one sends no end mark without bookmarks; a client that would wait for it for ever is told here.
    field: 'allowWatchBookmarks',
    why: 'sendInitialEvents requires setting allowWatchBookmarks',
    isBroken: ({ sendInitialEvents, allowWatchBookmarks }) =>
      sendInitialEvents === true && !allowWatchBookmarks,
  },
  {
    field: 'resourceVersionMatch',
    why: 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    isBroken: ({ watch, sendInitialEvents, resourceVersionMatch }) =>
      watch && sendInitialEvents === undefined && resourceVersionMatch !== '',
  },
  {
    field: 'resourceVersionMatch',
    why: 'resourceVersionMatch is forbidden unless resourceVersion is provided',
    isBroken: ({ watch, resourceVersion, resourceVersionMatch }) =>
      !watch && resourceVersionMatch !== '' && resourceVersion === undefined,
  },
  {
    field: 'resourceVersionMatch',
    why: 'resourceVersionMatch is forbidden when continue is provided',
    isBroken: ({ continueToken, resourceVersionMatch }) =>
      continueToken !== '' && resourceVersionMatch !== '',
  },
  {
    field: 'resourceVersionMatch',
    why: 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    isBroken: ({ resourceVersion, resourceVersionMatch }) =>
      resourceVersionMatch === 'Exact' && resourceVersion === 0,
  },
];

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
