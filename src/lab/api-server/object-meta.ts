// The metadata that the server sets: names, uid, times, generation (apiserver, pkg/registry/rest/meta.go).
import { randomInt, randomUUID } from 'node:crypto';
import type { ApiObject, Draft, ObjectMeta } from './objects.ts';

/** What a client may set and change; the rest of the metadata is the server's. */
type ClientMeta = Pick<ObjectMeta, 'labels' | 'annotations' | 'finalizers'> & {
  readonly ownerReferences?: unknown;
};

/** No vowels and nothing that looks like another character, so that no words come out. */
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** The metadata of a new object. The store fills in the resourceVersion. */
export function newMetadata(
  draft: Draft,
  {
    name,
    namespace,
    nowMs,
  }: { readonly name: string; readonly namespace: string | undefined; readonly nowMs: number },
): ObjectMeta {
  const { generateName } = draft.metadata;
  return {
    name,
    ...(generateName ? { generateName } : {}),
    ...(namespace === undefined ? {} : { namespace }),
    uid: randomUUID(),
    resourceVersion: '',
    creationTimestamp: apiTime(nowMs),
    ...clientMetadata(draft.metadata),
  };
}

/** The metadata of an object that a client has changed. */
export function changedMetadata(draft: Draft, previous: ApiObject): ObjectMeta {
  const { labels: _l, annotations: _a, finalizers: _f, ownerReferences: _o, ...own } = previous.metadata;
  return { ...own, ...clientMetadata(draft.metadata) };
}

export function generatedName(prefix: string): string {
  const letters = Array.from({ length: 5 }, () => NAME_ALPHABET[randomInt(NAME_ALPHABET.length)]);
  return prefix + letters.join('');
}

/** metav1.Time: RFC 3339 in whole seconds. */
export function apiTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

function clientMetadata(metadata: Draft['metadata']): ClientMeta {
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return {
    ...(isEmpty(labels) ? {} : { labels }),
    ...(isEmpty(annotations) ? {} : { annotations }),
    ...(isEmpty(ownerReferences) ? {} : { ownerReferences }),
    ...(isEmpty(finalizers) ? {} : { finalizers }),
  } as ClientMeta;
}

/** Go leaves out empty maps and slices. */
function isEmpty(value: unknown): boolean {
  return typeof value !== 'object' || value === null || Object.keys(value).length === 0;
}
