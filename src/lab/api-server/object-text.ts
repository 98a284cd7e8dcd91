// Objects as JSON text. An object never changes, so its text is made once, however many lists and watches send it.
import type { ApiObject } from './objects.ts';
import { apiVersionOf, type Resource } from './resources.ts';

/** The text from `"metadata":` on: what follows kind and apiVersion, which list items do not repeat. */
const tails = new WeakMap<ApiObject, string>();

/** The whole object. */
export function objectText(resource: Resource, object: ApiObject): string {
  return `{"kind":"${resource.kind}","apiVersion":"${apiVersionOf(resource)}",${tailOf(object)}`;
}

/** The object as an item of a typed list. */
export function itemText(object: ApiObject): string {
  return `{${tailOf(object)}`;
}

function tailOf(object: ApiObject): string {
  let tail = tails.get(object);
  if (tail === undefined) {
    const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
    tail = JSON.stringify(rest).slice(1);
    tails.set(object, tail);
  }
  return tail;
}
