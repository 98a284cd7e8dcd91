// Strategic merge patch: a merge patch in which some lists are merged by a key instead of being replaced
// (apimachinery, pkg/util/strategicpatch). Which lists those are is in list-strategies.ts.
import { isDeepStrictEqual } from 'node:util';
import { arrayOf, isObject, type JsonObject } from '../../kube/json-object.ts';
import type { ListStrategies } from './list-strategies.ts';

/** The object with the patch merged in. */
export function applyStrategicMergePatch(target: unknown, patch: JsonObject, lists: ListStrategies): unknown {
  return mergeObject({ target: isObject(target) ? target : {}, patch, path: '', lists });
}

interface ObjectMerge {
  readonly target: JsonObject;
  readonly patch: JsonObject;
  readonly path: string;
  readonly lists: ListStrategies;
}

const DIRECTIVE = /^\$(setElementOrder|deleteFromPrimitiveList)\//;

function mergeObject({ target, patch, path, lists }: ObjectMerge): JsonObject {
  const { $patch, $retainKeys, ...fields } = patch;
  if ($patch === 'delete') return {};
  if ($patch === 'replace') return fields;
  const result: Record<string, unknown> = { ...target };
  if (Array.isArray($retainKeys)) keepOnly(result, $retainKeys);
  for (const field of mergedFields(fields)) {
    const value = mergeField({
      field,
      target,
      patch: fields,
      path: path ? `${path}.${field}` : field,
      lists,
    });
    if (value === undefined) delete result[field];
    else result[field] = value;
  }
  return result;
}

/** The fields that the patch says something of, itself or by a directive. */
function mergedFields(patch: JsonObject): Set<string> {
  return new Set(Object.keys(patch).map((field) => field.replace(DIRECTIVE, '')));
}

/** The new value of a field; undefined if it goes. */
function mergeField({
  field,
  target,
  patch,
  path,
  lists,
}: ObjectMerge & { readonly field: string }): unknown {
  const value = patch[field];
  const strategy = lists[path];
  if (value === null) return undefined;
  if (strategy && (value === undefined || Array.isArray(value))) {
    const list: ListMerge = {
      target: arrayOf(target[field]),
      patch: arrayOf(value),
      order: patch[`$setElementOrder/${field}`],
      deleted: arrayOf(patch[`$deleteFromPrimitiveList/${field}`]),
      path,
      lists,
    };
    return strategy === 'set' ? mergeSet(list) : mergeByKey(list, strategy.by);
  }
  if (value === undefined) return target[field];
  if (!isObject(value)) return value;
  const inner = target[field];
  return mergeObject({ target: isObject(inner) ? inner : {}, patch: value, path, lists });
}

interface ListMerge {
  readonly target: readonly unknown[];
  readonly patch: readonly unknown[];
  readonly order: unknown;
  readonly deleted: readonly unknown[];
  readonly path: string;
  readonly lists: ListStrategies;
}

function mergeSet({ target, patch, order, deleted }: ListMerge): readonly unknown[] {
  const merged = [...new Set([...target, ...patch])].filter((value) => !deleted.includes(value));
  return ordered(merged, Array.isArray(order) ? order : undefined, isDeepStrictEqual);
}

function mergeByKey({ target, patch, order, path, lists }: ListMerge, key: string): readonly unknown[] {
  const replace = patch.some((item) => isObject(item) && item['$patch'] === 'replace' && !(key in item));
  const merged: unknown[] = replace ? [] : [...target];
  for (const item of patch) {
    if (!isObject(item) || !(key in item)) continue;
    mergeItem(merged, { patch: item, path, lists }, key);
  }
  const hasSameKey = (a: unknown, b: unknown): boolean => keyOf(a, key) === keyOf(b, key);
  return ordered(merged, Array.isArray(order) ? order : undefined, hasSameKey);
}

function mergeItem(items: unknown[], { patch, ...place }: Omit<ObjectMerge, 'target'>, key: string): void {
  const index = items.findIndex((candidate) => keyOf(candidate, key) === patch[key]);
  if (patch['$patch'] === 'delete') {
    if (index >= 0) items.splice(index, 1);
    return;
  }
  const target = index < 0 ? {} : items[index];
  const merged = mergeObject({ target: isObject(target) ? target : {}, patch, ...place });
  if (index < 0) items.push(merged);
  else items[index] = merged;
}

function keyOf(item: unknown, key: string): unknown {
  return isObject(item) ? item[key] : undefined;
}

/** The items that `order` names take its order, in the places that they had; the others keep theirs. */
function ordered(
  items: readonly unknown[],
  order: readonly unknown[] | undefined,
  isSame: (a: unknown, b: unknown) => boolean,
): readonly unknown[] {
  if (!order) return items;
  const rank = (item: unknown): number => order.findIndex((wanted) => isSame(wanted, item));
  const named = items.filter((item) => rank(item) >= 0).sort((a, b) => rank(a) - rank(b));
  let next = 0;
  return items.map((item) => (rank(item) < 0 ? item : named[next++]));
}

function keepOnly(object: Record<string, unknown>, fields: readonly unknown[]): void {
  for (const field of Object.keys(object)) {
    if (!fields.includes(field)) delete object[field];
  }
}
