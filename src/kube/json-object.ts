// Reads values of which nothing is known: JSON that another program sent. Every function answers for every input.

export interface JsonObject {
  readonly [key: string]: unknown;
}

const NOTHING: JsonObject = {};
const EMPTY: readonly unknown[] = [];

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or one without members. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : NOTHING;
}

/** The array, or an empty one: Go writes `null` for an empty slice. */
export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : EMPTY;
}

/** The string, or an empty one. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // JSON has no undefined: the caller can tell it from every value
  }
}
