// The part that all Kubernetes objects have: who they are and which version of themselves.
import type { ObjectVersion } from '../model/records.ts';
import type { Intern } from '../util/intern.ts';
import { type JsonObject, objectOf, stringOf } from './json-object.ts';

/** Turns one object into a record. Throws DecodeError, and nothing else, when the object is no such object at all. */
export type Decode<Record> = (object: JsonObject, intern: Intern) => Record;

/** The object lacks what every object of its kind has, so nothing can be said of it. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

export interface Identity {
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

/** The names that any API server lets through: DNS subdomains. Anything else in a key or a comment would be an injection. */
const OBJECT_NAME = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;

/** Who the object is, or undefined if it does not say so in a valid way. */
export function identityOf(object: JsonObject): Identity | undefined {
  const metadata = objectOf(object['metadata']);
  const namespace = stringOf(metadata['namespace']);
  const name = stringOf(metadata['name']);
  if (!OBJECT_NAME.test(name) || (namespace && !OBJECT_NAME.test(namespace))) return undefined;
  return { namespace, name };
}

/** The version that an object, a bookmark or a list carries; empty if it has none. */
export function resourceVersionOf(object: JsonObject): string {
  return stringOf(objectOf(object['metadata'])['resourceVersion']);
}

export function decodeVersion(metadata: JsonObject): ObjectVersion {
  const generation = metadata['generation'];
  return {
    uid: stringOf(metadata['uid']),
    resourceVersion: stringOf(metadata['resourceVersion']),
    generation: Number.isSafeInteger(generation) ? Number(generation) : 0,
  };
}

/** Name and namespace of an object that must have both. */
export function decodeNamespacedName(object: JsonObject, intern: Intern): Identity {
  const { namespace, name } = decodeIdentity(object);
  if (!namespace) throw new DecodeError(`object ${name} has no namespace`);
  return { namespace: intern(namespace), name };
}

/** Name of a cluster-scoped object. */
export function decodeName(object: JsonObject): string {
  return decodeIdentity(object).name;
}

/** RFC 3339 in milliseconds since the epoch; 0 if it is none. */
export function decodeTimeMs(value: unknown): number {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(ms) ? ms : 0;
}

function decodeIdentity(object: JsonObject): Identity {
  const identity = identityOf(object);
  if (!identity) throw new DecodeError('object has no valid name');
  return identity;
}
