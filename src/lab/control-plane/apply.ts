// Writes manifests into the store of the lab's API server, without HTTP.
import { loadAll } from 'js-yaml';
import { isObject } from '../../kube/json-object.ts';
import type { Cluster } from '../api-server/cluster.ts';
import { type ApiObject, type Draft, objectKey } from '../api-server/objects.ts';
import { createObject, updateObject } from '../api-server/registry.ts';
import { apiVersionOf, RESOURCES, type Resource } from '../api-server/resources.ts';

/** The objects of a YAML file with any number of documents. Throws for what is no object. */
export function parseManifest(text: string): Draft[] {
  return loadAll(text)
    .filter((document) => document !== null)
    .map((document) => {
      if (isObject(document) && isObject(document['metadata'])) return document as Draft;
      throw new Error('a document of the manifest is not an object with metadata');
    });
}

/**
 * Creates the objects or replaces them, in the given order and with their status. Namespaces that are missing are made,
 * as nobody cares for them here. Throws StatusError for what the API server would refuse.
 */
export function applyObjects(cluster: Cluster, objects: readonly Draft[]): ApiObject[] {
  return objects.map((object) => applyObject(cluster, object));
}

function applyObject(cluster: Cluster, object: Draft): ApiObject {
  const resource = resourceOf(object);
  const { name = '', namespace = 'default' } = object.metadata;
  const ref = { namespace: resource.namespaced ? namespace : undefined, name };
  if (ref.namespace) ensureNamespace(cluster, ref.namespace);
  const exists = cluster.store.get(resource.bucket, objectKey(ref.namespace, name));
  const written = exists
    ? updateObject(cluster, resource, ref, () => object)
    : createObject(cluster, resource, ref.namespace, object);
  if (object['status'] === undefined || !resource.hasStatus) return written;
  const change = (previous: ApiObject) => ({ ...previous, status: object['status'] });
  return updateObject(cluster, resource, ref, change, { subresource: 'status' });
}

function ensureNamespace(cluster: Cluster, name: string): void {
  if (cluster.store.get('namespaces', name)) return;
  applyObject(cluster, { kind: 'Namespace', apiVersion: 'v1', metadata: { name } });
}

function resourceOf({ kind, apiVersion }: Draft): Resource {
  const resource = RESOURCES.find((known) => known.kind === kind && apiVersionOf(known) === apiVersion);
  if (!resource) throw new Error(`the lab's API server has no ${String(kind)} in ${String(apiVersion)}`);
  return resource;
}
