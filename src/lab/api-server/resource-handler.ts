// Requests for objects: one function for each verb.
import { isObject } from '../../kube/json-object.ts';
import { type Answer, jsonAnswer, success } from './answer.ts';
import { decodeDraft, decodeJson } from './decode.ts';
import { toServed } from './event-versions.ts';
import { listPage } from './list.ts';
import { parseListOptions } from './list-options.ts';
import { itemText, objectText } from './object-text.ts';
import type { ApiObject } from './objects.ts';
import { applyPatch } from './patch.ts';
import {
  createObject,
  deleteObject,
  getObject,
  type ObjectRef,
  type Preconditions,
  type RegistryDeps,
  updateObject,
} from './registry.ts';
import type { ResourceRequest } from './request-info.ts';
import { apiVersionOf } from './resources.ts';
import { unsupportedMediaType } from './status-error.ts';
import { openWatch, plainEncoder, type WatchDeps } from './watch.ts';

export interface ResourceCall {
  readonly request: ResourceRequest;
  readonly query: URLSearchParams;
  /** Without parameters; empty if the request has none. */
  readonly contentType: string;
  readonly body: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

export type HandlerDeps = RegistryDeps & WatchDeps;

/** Throws StatusError. */
export function handleResource(deps: HandlerDeps, call: ResourceCall): Answer {
  switch (call.request.verb) {
    case 'get':
      return objectAnswer(call, 200, getObject(deps, call.request.resource, refOf(call.request)));
    case 'list':
      return list(deps, call);
    case 'watch':
      return watch(deps, call);
    case 'create':
      return create(deps, call);
    case 'update':
      return update(deps, call);
    case 'patch':
      return patch(deps, call);
    case 'delete':
      return remove(deps, call);
    case 'deletecollection':
      return removeCollection(deps, call);
  }
}

function list(deps: HandlerDeps, { request, query }: ResourceCall): Answer {
  const { resource, namespace } = request;
  const page = listPage(deps.store, resource, namespace, parseListOptions(resource, query));
  const metadata = {
    resourceVersion: String(page.resourceVersion),
    ...(page.continueToken === undefined ? {} : { continue: page.continueToken }),
    ...(page.remainingItemCount === undefined ? {} : { remainingItemCount: page.remainingItemCount }),
  };
  const head = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata };
  return {
    code: 200,
    body: listText(
      JSON.stringify(head),
      page.items.map((item) => toServed(resource, item)),
    ),
  };
}

function* listText(head: string, items: readonly ApiObject[]): Generator<string> {
  yield `${head.slice(0, -1)},"items":[`;
  for (const [index, item] of items.entries()) yield index === 0 ? itemText(item) : `,${itemText(item)}`;
  yield ']}';
}

function watch(deps: HandlerDeps, { request, query, signal }: ResourceCall): Answer {
  const { resource, namespace } = request;
  const options = parseListOptions(resource, query);
  const encode = plainEncoder(resource);
  return { code: 200, body: openWatch(deps, { resource, namespace, options, encode, signal }) };
}

function create(deps: HandlerDeps, call: ResourceCall): Answer {
  const { resource, namespace } = call.request;
  const draft = decodeDraft(resource, jsonBody(call));
  return objectAnswer(call, 201, createObject(deps, resource, namespace, draft, writeOptions(call)));
}

function update(deps: HandlerDeps, call: ResourceCall): Answer {
  const { resource, subresource } = call.request;
  const draft = decodeDraft(resource, jsonBody(call));
  const options = { ...writeOptions(call), subresource };
  return objectAnswer(
    call,
    200,
    updateObject(deps, resource, refOf(call.request), () => draft, options),
  );
}

function patch(deps: HandlerDeps, call: ResourceCall): Answer {
  const { resource, subresource } = call.request;
  const { contentType } = call;
  const change = (previous: ApiObject) => {
    const body = decodeJson(call.body);
    return decodeDraft(resource, applyPatch(resource, toServed(resource, previous), { contentType, body }));
  };
  const options = { ...writeOptions(call), subresource };
  return objectAnswer(call, 200, updateObject(deps, resource, refOf(call.request), change, options));
}

function remove(deps: HandlerDeps, call: ResourceCall): Answer {
  const { resource } = call.request;
  const options = { ...writeOptions(call), ...preconditionsOf(call) };
  const { metadata } = deleteObject(deps, resource, refOf(call.request), options);
  const { group, plural } = resource;
  return jsonAnswer(
    200,
    success({ name: metadata.name, ...(group ? { group } : {}), kind: plural, uid: metadata.uid }),
  );
}

function removeCollection(deps: HandlerDeps, call: ResourceCall): Answer {
  const { resource, namespace } = call.request;
  const { items } = listPage(deps.store, resource, namespace, parseListOptions(resource, call.query));
  for (const { metadata } of items) {
    deleteObject(deps, resource, { namespace: metadata.namespace, name: metadata.name }, writeOptions(call));
  }
  return jsonAnswer(200, success({}));
}

function refOf({ namespace, name }: ResourceRequest): ObjectRef {
  return { namespace, name };
}

function objectAnswer({ request }: ResourceCall, code: number, object: ApiObject): Answer {
  return { code, body: objectText(request.resource, toServed(request.resource, object)) };
}

function jsonBody({ contentType, body }: ResourceCall): unknown {
  if (contentType !== '' && contentType !== 'application/json')
    throw unsupportedMediaType(['application/json']);
  return decodeJson(body);
}

function writeOptions({ query }: ResourceCall): { readonly dryRun: boolean } {
  return { dryRun: query.get('dryRun') === 'All' };
}

/** DeleteOptions come as the body; other ways of deleting than at once there are none. */
function preconditionsOf({ body }: ResourceCall): Preconditions {
  const options = body === '' ? {} : decodeJson(body);
  const preconditions = isObject(options) ? options['preconditions'] : undefined;
  return isObject(preconditions) ? preconditions : {};
}
