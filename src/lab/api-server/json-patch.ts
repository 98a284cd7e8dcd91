// JSON patch, RFC 6902, with JSON pointers, RFC 6901.
import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject } from '../../kube/json-object.ts';

/** The patch cannot be applied: a path that is not there, a test that failed, an operation that is none. */
export class JsonPatchError extends Error {}

type Container = Record<string, unknown> | unknown[];

/** The document with the operations applied in order; all or none. Throws JsonPatchError. */
export function applyJsonPatch(document: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw new JsonPatchError('a JSON patch is an array of operations');
  const root: Root = { document: structuredClone(document) };
  for (const operation of operations) applyOperation(root, operation);
  return root.document;
}

function applyOperation(root: Root, operation: unknown): void {
  if (!isObject(operation)) throw new JsonPatchError('an operation of a JSON patch is an object');
  const apply = OPERATIONS.get(String(operation['op']));
  if (!apply) throw new JsonPatchError(`unexpected kind: ${operation['op']}`);
  apply(root, operation);
}

/** The document has a parent, so that the whole of it is a place like any other. */
type Root = { document: unknown };

const OPERATIONS: ReadonlyMap<string, (root: Root, operation: JsonObject) => void> = new Map([
  ['add', (root, { path, value }) => add(root, path, structuredClone(value))],
  ['remove', (root, { path }) => void remove(root, path)],
  ['replace', (root, { path, value }) => replace(root, path, structuredClone(value))],
  ['move', (root, { from, path }) => add(root, path, remove(root, from))],
  ['copy', (root, { from, path }) => add(root, path, structuredClone(get(root, from)))],
  ['test', (root, { path, value }) => test(root, path, value)],
]);

function replace(root: Root, pointer: unknown, value: unknown): void {
  remove(root, pointer);
  add(root, pointer, value);
}

function test(root: Root, pointer: unknown, value: unknown): void {
  if (!isDeepStrictEqual(get(root, pointer), value))
    throw new JsonPatchError(`testing value ${pointer} failed`);
}

function get(root: Root, pointer: unknown): unknown {
  const { container, key } = locate(root, pointer);
  const value = Array.isArray(container) ? container[Number(key)] : container[key];
  if (value === undefined) throw missing(pointer);
  return value;
}

function add(root: Root, pointer: unknown, value: unknown): void {
  const { container, key } = locate(root, pointer);
  if (!Array.isArray(container)) {
    container[key] = value;
    return;
  }
  const index = key === '-' ? container.length : arrayIndex(key, pointer);
  if (index > container.length) throw missing(pointer);
  container.splice(index, 0, value);
}

function remove(root: Root, pointer: unknown): unknown {
  const value = get(root, pointer);
  const { container, key } = locate(root, pointer);
  if (Array.isArray(container)) container.splice(arrayIndex(key, pointer), 1);
  else delete container[key];
  return value;
}

/** The object or array that holds what the pointer points to, and its key there; `root` holds the whole document. */
function locate(root: Root, pointer: unknown): { container: Container; key: string } {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) {
    throw new JsonPatchError(`not a JSON pointer: ${pointer}`);
  }
  const keys = ['document', ...pointer.split('/').slice(1).map(unescapePointer)];
  const key = keys.pop() ?? '';
  let container: Container = root;
  for (const step of keys) {
    const next: unknown = Array.isArray(container) ? container[arrayIndex(step, pointer)] : container[step];
    if (typeof next !== 'object' || next === null) throw missing(pointer);
    container = next as Container;
  }
  return { container, key };
}

function unescapePointer(key: string): string {
  // Never a member that every object has.
  if (key === '__proto__') throw missing(key);
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}

function arrayIndex(key: string, pointer: unknown): number {
  if (!/^(0|[1-9]\d*)$/.test(key)) throw missing(pointer);
  return Number(key);
}

function missing(pointer: unknown): JsonPatchError {
  return new JsonPatchError(`the path ${pointer} does not exist`);
}
