// API objects as the lab's API server holds them: plain JSON, never changed in place, with the metadata that a server sets.

export interface ObjectMeta {
  readonly name: string;
  /** Absent on kinds without namespaces. */
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  /** RFC 3339 in whole seconds, as the real one writes it. */
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly [field: string]: unknown;
}

export interface ApiObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** An object on its way in: what the client wrote, before the server has completed it. */
export interface Draft {
  readonly metadata: Partial<ObjectMeta>;
  readonly [field: string]: unknown;
}

/** The key under which an object is stored; keys sort the way etcd sorts them. */
export function objectKey(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function keyOf({ metadata }: ApiObject): string {
  return objectKey(metadata.namespace, metadata.name);
}

export function withMetadata(object: ApiObject, change: Partial<ObjectMeta>): ApiObject {
  return { ...object, metadata: { ...object.metadata, ...change } };
}
