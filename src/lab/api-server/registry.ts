// Create, update and delete: the rules that hold for every kind, around the strategy of the kind
// (apiserver, pkg/registry/generic/registry/store.go).
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../util/clock.ts';
import { storedResource, toStored } from './event-versions.ts';
import { apiTime, changedMetadata, newMetadata } from './object-meta.ts';
import { nameProblems } from './object-name.ts';
import { type ApiObject, type Draft, objectKey, withMetadata } from './objects.ts';
import { apiVersionOf, namespaces, RESOURCES, type Resource } from './resources.ts';
import { alreadyExists, invalid, notFound } from './status-error.ts';
import type { ObjectStore } from './store.ts';
import type { Strategy } from './strategy.ts';
import {
  checkIdentity,
  checkNamespace,
  checkPreconditions,
  freeName,
  type Preconditions,
} from './write-checks.ts';

export interface RegistryDeps {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly strategyOf: (resource: Resource) => Strategy;
}

/** Which object of a kind. `namespace` is undefined for kinds without. */
export interface ObjectRef {
  readonly namespace: string | undefined;
  readonly name: string;
}

export interface WriteOptions {
  /** Everything but storing. */
  readonly dryRun?: boolean;
}

export interface UpdateOptions extends WriteOptions {
  readonly subresource?: '' | 'status';
}

/** Throws StatusError 404. */
export function getObject({ store }: RegistryDeps, resource: Resource, ref: ObjectRef): ApiObject {
  const object = store.get(resource.bucket, objectKey(ref.namespace, ref.name));
  if (!object) throw notFound(resource, ref.name);
  return object;
}

/** Throws StatusError: 404 for a missing namespace, 409 for a name that is taken, 422 for what is not valid. */
export function createObject(
  deps: RegistryDeps,
  resource: Resource,
  namespace: string | undefined,
  given: Draft,
  { dryRun = false }: WriteOptions = {},
): ApiObject {
  const { store, clock } = deps;
  const draft = toStored(resource, given);
  checkNamespace(store, resource, namespace, draft);
  const name = draft.metadata.name || freeName(store, resource, namespace, draft);
  if (store.get(resource.bucket, objectKey(namespace, name))) throw alreadyExists(resource, name);
  const strategy = deps.strategyOf(resource);
  const object = validated(resource, strategy, undefined, {
    kind: resource.kind,
    apiVersion: apiVersionOf(storedResource(resource)),
    metadata: newMetadata(draft, { name, namespace, nowMs: clock.nowMs() }),
    ...strategy.complete(draft, undefined),
  });
  const first = strategy.hasNewGeneration ? withMetadata(object, { generation: 1 }) : object;
  return dryRun ? first : store.put(resource.bucket, first);
}

/**
 * Replaces an object by what `change` makes of it. Throws StatusError: 404, 409 when the change was made to another
 * version, 422. A change that changes nothing stores nothing, so that nobody is told of it.
 */
export function updateObject(
  deps: RegistryDeps,
  resource: Resource,
  ref: ObjectRef,
  change: (previous: ApiObject) => Draft,
  { dryRun = false, subresource = '' }: UpdateOptions = {},
): ApiObject {
  const previous = getObject(deps, resource, ref);
  const given = change(previous);
  checkIdentity(resource, previous, given);
  const draft = toStored(resource, given);
  const next =
    subresource === 'status'
      ? withStatus(deps, resource, draft, previous)
      : replaced(deps, resource, draft, previous);
  if (isDeepStrictEqual(next, previous)) return previous;
  if (dryRun) return next;
  if (isReadyToGo(next)) {
    deps.store.delete(resource.bucket, objectKey(ref.namespace, ref.name));
    return next;
  }
  return deps.store.put(resource.bucket, next);
}

/**
 * Deletes an object and returns it as it was; one with finalizers only gets its deletionTimestamp, and goes with its last
 * finalizer. A namespace takes its objects along. Throws StatusError 404, and 409 for preconditions that do not hold.
 */
export function deleteObject(
  deps: RegistryDeps,
  resource: Resource,
  ref: ObjectRef,
  { dryRun = false, ...preconditions }: WriteOptions & Preconditions = {},
): ApiObject {
  const { store, clock } = deps;
  const object = getObject(deps, resource, ref);
  checkPreconditions(resource, object, preconditions);
  if (dryRun) return object;
  if (object.metadata.finalizers?.length) {
    if (object.metadata.deletionTimestamp) return object;
    return store.put(resource.bucket, withMetadata(object, { deletionTimestamp: apiTime(clock.nowMs()) }));
  }
  if (resource === namespaces) deleteContents(store, ref.name);
  store.delete(resource.bucket, objectKey(ref.namespace, ref.name));
  return object;
}

function replaced(deps: RegistryDeps, resource: Resource, draft: Draft, previous: ApiObject): ApiObject {
  const strategy = deps.strategyOf(resource);
  const object = validated(resource, strategy, previous, {
    kind: previous.kind,
    apiVersion: previous.apiVersion,
    metadata: changedMetadata(draft, previous),
    ...strategy.complete(draft, previous),
  });
  if (!strategy.hasNewGeneration?.(object, previous)) return object;
  return withMetadata(object, { generation: (previous.metadata.generation ?? 0) + 1 });
}

function withStatus(deps: RegistryDeps, resource: Resource, draft: Draft, previous: ApiObject): ApiObject {
  const given = draft['status'];
  const status = deps.strategyOf(resource).status?.(given, previous) ?? given;
  return { ...previous, metadata: changedMetadata(draft, previous), status };
}

function validated(
  resource: Resource,
  strategy: Strategy,
  previous: ApiObject | undefined,
  object: ApiObject,
): ApiObject {
  const causes = [...nameProblems(resource, object), ...strategy.validate(object, previous)];
  if (causes.length > 0) throw invalid(resource, object.metadata.name, causes);
  return strategy.allocate?.(object, previous) ?? object;
}

function isReadyToGo({ metadata }: ApiObject): boolean {
  return metadata.deletionTimestamp !== undefined && !metadata.finalizers?.length;
}

function deleteContents(store: ObjectStore, namespace: string): void {
  const buckets = new Set(RESOURCES.filter(({ namespaced }) => namespaced).map(({ bucket }) => bucket));
  for (const bucket of buckets) {
    for (const { metadata } of store.list(bucket)) {
      if (metadata.namespace === namespace) store.delete(bucket, objectKey(namespace, metadata.name));
    }
  }
}
