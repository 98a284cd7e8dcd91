// Typed parts of objects: what Go's decoder does for a real server. Unknown fields go, null means absent, and a value of
// the wrong type refuses the object.
import * as v from 'valibot';
import { isObject } from '../../kube/json-object.ts';
import { badRequest } from './status-error.ts';

export const text = v.exactOptional(v.string());
export const integer = v.exactOptional(v.pipe(v.number(), v.safeInteger()));
export const flag = v.exactOptional(v.boolean());
export const texts = listOf(v.string());
export const textMap = v.exactOptional(v.pipe(v.record(v.string(), v.string()), v.readonly()));

export function listOf<Item extends v.GenericSchema>(item: Item) {
  return v.exactOptional(v.pipe(v.array(item), v.readonly()));
}

export function objectOf<Fields extends v.ObjectEntries>(fields: Fields) {
  return v.exactOptional(recordOf(fields));
}

export function recordOf<Fields extends v.ObjectEntries>(fields: Fields) {
  return v.pipe(v.object(fields), v.readonly());
}

/** Throws StatusError 400 that names the field at fault. */
export function decode<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  { kind, path }: { readonly kind: string; readonly path: string },
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, withoutAbsent(value));
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = [path, v.getDotPath(issue)].filter(Boolean).join('.');
  throw badRequest(`${kind} in version "v1" cannot be handled as a ${kind}: ${field}: ${issue.message}`);
}

function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== null && entry !== undefined);
  return Object.fromEntries(entries.map(([field, entry]) => [field, withoutAbsent(entry)]));
}
