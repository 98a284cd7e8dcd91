// Requests for objects: one function for each verb.
import { isObject } from '../../kube/json-object.ts';
import { type Answer, jsonAnswer, success } from './answer.ts';
import { decodeBody, decodeDraft, decodeJson, type RequestBody } from './decode.ts';
import { toServed } from './event-versions.ts';
import { listPage } from './list.ts';
import { parseListOptions } from './list-options.ts';
import { type ApiObject, objectKey } from './objects.ts';
import { applyPatch } from './patch.ts';
import {
  createObject,
  deleteObject,
  getObject,
  type ObjectRef,
  type RegistryDeps,
  updateObject,
} from './registry.ts';
import { chooseRepresentation, type Representation } from './representation.ts';
import type { ResourceRequest } from './request-info.ts';
import { openWatch, type WatchDeps } from './watch.ts';
import type { Preconditions } from './write-checks.ts';

export interface ResourceCall {
  readonly request: ResourceRequest;
  readonly query: URLSearchParams;
  readonly accept: string | undefined;
  readonly body: RequestBody;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

export type HandlerDeps = RegistryDeps & WatchDeps;

/** Throws StatusError. */
export function handleResource(deps: HandlerDeps, call: ResourceCall): Answer {
  switch (call.request.verb) {
    case 'get':
      return objectAnswer(deps, call, 200, getObject(deps, call.request.resource, refOf(call.request)));
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

function list(deps: HandlerDeps, call: ResourceCall): Answer {
  const { resource, namespace } = call.request;
  const page = listPage(deps.store, resource, namespace, parseListOptions(resource, call.query));
  return { code: 200, body: representationFor(deps, call).list(page) };
}

function watch(deps: HandlerDeps, call: ResourceCall): Answer {
  const { resource, namespace } = call.request;
  const options = parseListOptions(resource, call.query);
  const representation = representationFor(deps, call);
  return {
    code: 200,
    body: openWatch(deps, { resource, namespace, options, representation, signal: call.signal }),
  };
}

function create(deps: HandlerDeps, call: ResourceCall): Answer {
  const { resource, namespace } = call.request;
  const draft = decodeDraft(resource, decodeBody(resource, call.body));
  return objectAnswer(deps, call, 201, createObject(deps, resource, namespace, draft, writeOptions(call)));
}

function update(deps: HandlerDeps, call: ResourceCall): Answer {
  const { resource, subresource, namespace, name } = call.request;
  const draft = decodeDraft(resource, decodeBody(resource, call.body));
  if (resource.createsOnUpdate && !deps.store.get(resource.bucket, objectKey(namespace, name))) {
    return create(deps, call);
  }
  const options = { ...writeOptions(call), subresource };
  return objectAnswer(
    deps,
    call,
    200,
    updateObject(deps, resource, refOf(call.request), () => draft, options),
  );
}

function patch(deps: HandlerDeps, call: ResourceCall): Answer {
  const { resource, subresource } = call.request;
  const { contentType, bytes } = call.body;
  const change = (previous: ApiObject) => {
    const body = decodeJson(bytes);
    return decodeDraft(resource, applyPatch(resource, toServed(resource, previous), { contentType, body }));
  };
  const options = { ...writeOptions(call), subresource };
  return objectAnswer(deps, call, 200, updateObject(deps, resource, refOf(call.request), change, options));
}

function remove(deps: HandlerDeps, call: ResourceCall): Answer {
  const { resource } = call.request;
  const options = { ...writeOptions(call), ...preconditionsOf(call) };
  const object = deleteObject(deps, resource, refOf(call.request), options);
  if (resource.returnsDeleted) return objectAnswer(deps, call, 200, object);
  const { name, uid } = object.metadata;
  const { group, plural } = resource;
  return jsonAnswer(200, success({ name, ...(group ? { group } : {}), kind: plural, uid }));
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

function objectAnswer(deps: HandlerDeps, call: ResourceCall, code: number, object: ApiObject): Answer {
  return { code, body: representationFor(deps, call).object(object) };
}

function representationFor({ clock }: HandlerDeps, { request, accept, query }: ResourceCall): Representation {
  return chooseRepresentation({ resource: request.resource, accept, query, nowMs: clock.nowMs });
}

function writeOptions({ query }: ResourceCall): { readonly dryRun: boolean } {
  return { dryRun: query.get('dryRun') === 'All' };
}

/** DeleteOptions come as the body; other ways of deleting than at once there are none. */
function preconditionsOf({ body }: ResourceCall): Preconditions {
  const options = body.bytes.length === 0 ? {} : decodeJson(body.bytes);
  const preconditions = isObject(options) ? options['preconditions'] : undefined;
  return isObject(preconditions) ? preconditions : {};
}
