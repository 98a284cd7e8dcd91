// How answers show objects: plain or as a Table, as the Accept header asks.
import { toServed } from './event-versions.ts';
import type { ListPage } from './list.ts';
import { itemText, objectText } from './object-text.ts';
import type { ApiObject } from './objects.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { notAcceptable } from './status-error.ts';
import { type IncludeObject, toTable } from './table.ts';

export interface Representation {
  readonly object: (object: ApiObject) => string;
  readonly list: (page: ListPage) => string | Iterable<string>;
  /** `object` has no name and nothing in it but its metadata. */
  readonly bookmark: (object: ApiObject) => string;
}

export interface RepresentationRequest {
  readonly resource: Resource;
  /** The Accept header. */
  readonly accept: string | undefined;
  readonly query: URLSearchParams;
  readonly nowMs: () => number;
}

/** Objects given to it are stored ones. Throws 406 when the client takes neither. */
export function chooseRepresentation(request: RepresentationRequest): Representation {
  for (const mediaType of (request.accept || '*/*').split(',')) {
    const [type = '', ...parameters] = mediaType.split(';').map((part) => part.trim());
    if (!['application/json', 'application/*', '*/*'].includes(type)) continue;
    const given = new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string]));
    if (given.get('as') === 'Table') return tables(request, given.get('v') ?? 'v1');
    if (!given.has('as')) return plain(request.resource);
  }
  throw notAcceptable();
}

function plain(resource: Resource): Representation {
  return {
    object: (object) => objectText(resource, toServed(resource, object)),
    list: (page) => listText(resource, page),
    bookmark: (object) => JSON.stringify(object),
  };
}

function* listText(resource: Resource, page: ListPage): Generator<string> {
  const head = {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: listMetadata(page),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"items":[`;
  for (const [index, item] of page.items.entries()) {
    const text = itemText(toServed(resource, item));
    yield index === 0 ? text : `,${text}`;
  }
  yield ']}';
}

function tables({ resource, query, nowMs }: RepresentationRequest, version: string): Representation {
  const includeObject = (query.get('includeObject') || 'Metadata') as IncludeObject;
  const table = (objects: readonly ApiObject[], metadata: object): string =>
    JSON.stringify(toTable({ resource, version, includeObject, nowMs: nowMs() }, objects, metadata));
  const ofOne = (object: ApiObject): string =>
    table([toServed(resource, object)], { resourceVersion: object.metadata.resourceVersion });
  return {
    object: ofOne,
    list: (page) =>
      table(
        page.items.map((item) => toServed(resource, item)),
        listMetadata(page),
      ),
    bookmark: ofOne,
  };
}

function listMetadata({ resourceVersion, continueToken, remainingItemCount }: ListPage): object {
  return {
    resourceVersion: String(resourceVersion),
    ...(continueToken === undefined ? {} : { continue: continueToken }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}
