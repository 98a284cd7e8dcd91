// The end of every exhaustive `switch` over a closed union.

/** Fails to compile when a case of the union is not handled, and throws if a value from outside sneaks in. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
