// What is checked of a write before anything is done: namespaces, names, identity, versions.
import { generatedName } from './object-meta.ts';
import { type ApiObject, type Draft, objectKey } from './objects.ts';
import { namespaces, type Resource } from './resources.ts';
import { badRequest, conflict, invalid, notFound } from './status-error.ts';
import type { ObjectStore } from './store.ts';

/** What a client knows of the object that it means; what is empty or absent it does not say. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** Throws StatusError 404 for a namespace that does not exist, 400 for a draft that belongs into another. */
export function checkNamespace(
  store: ObjectStore,
  resource: Resource,
  namespace: string | undefined,
  { metadata }: Draft,
): void {
  if (namespace === undefined) return;
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (resource.namespaced && !store.get(namespaces.bucket, namespace)) throw notFound(namespaces, namespace);
}

/** A name made from generateName that nobody has. Throws StatusError 422 without one. */
export function freeName(
  store: ObjectStore,
  resource: Resource,
  namespace: string | undefined,
  draft: Draft,
): string {
  const { generateName } = draft.metadata;
  if (typeof generateName !== 'string' || generateName === '') {
    const message = 'Required value: name or generateName is required';
    throw invalid(resource, '', [{ reason: 'FieldValueRequired', field: 'metadata.name', message }]);
  }
  let name = generatedName(generateName);
  while (store.get(resource.bucket, objectKey(namespace, name))) name = generatedName(generateName);
  return name;
}

/** Throws StatusError 400 or 409 unless the draft is of the object that it shall replace. */
export function checkIdentity(resource: Resource, previous: ApiObject, { metadata }: Draft): void {
  const { name, namespace } = previous.metadata;
  if (metadata.name !== name) {
    throw badRequest(
      `the name of the object (${metadata.name ?? ''}) does not match the name on the URL (${name})`,
    );
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  checkPreconditions(resource, previous, metadata);
}

/** Throws StatusError 409. */
export function checkPreconditions(resource: Resource, { metadata }: ApiObject, wanted: Preconditions): void {
  if (wanted.uid && wanted.uid !== metadata.uid) {
    throw conflict(
      resource,
      metadata.name,
      `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${metadata.uid}`,
    );
  }
  if (wanted.resourceVersion && wanted.resourceVersion !== metadata.resourceVersion) {
    throw conflict(resource, metadata.name, MODIFIED);
  }
}
