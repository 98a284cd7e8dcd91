// One kind of object on a make-believe API server and what a watch tells of it: late, twice, or not at all until the next
// list.
import fc from 'fast-check';
import { type ObjectKey, objectKey } from '../../src/model/names.ts';
import type { ObjectVersion, WatchEvent } from '../../src/model/records.ts';

type Named = ObjectVersion & { readonly namespace: string; readonly name: string };

export type Happening<R> =
  /** The object is written; the watch tells of it so many times, 0 if the connection broke. */
  | { readonly kind: 'write'; readonly record: R; readonly tells: number }
  /** Only the metadata of an object is written. */
  | { readonly kind: 'touch'; readonly pick: number }
  | { readonly kind: 'remove'; readonly pick: number; readonly tells: number }
  /** A list, in an order of its own; `attempts` more than 1 are cut off in the middle. */
  | { readonly kind: 'list'; readonly attempts: number; readonly isReversed: boolean };

export function arbitraryHappening<R>(record: fc.Arbitrary<R>): fc.Arbitrary<Happening<R>> {
  const tells = fc.constantFrom(0, 1, 1, 2);
  const pick = fc.nat({ max: 9 });
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), record, tells }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('touch' as const), pick }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), pick, tells }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('list' as const),
        attempts: fc.constantFrom(1, 2),
        isReversed: fc.boolean(),
      }),
    },
  );
}

export class WatchedKind<R extends Named> {
  readonly objects = new Map<ObjectKey, R>();
  #resourceVersion = 0;

  /** The events that a watcher sees of what happens. */
  happen(happening: Happening<R>): WatchEvent<R>[] {
    switch (happening.kind) {
      case 'write':
        return repeat(happening.tells, [this.#write(happening.record)]);
      case 'touch':
        return Array.from(this.#picked(happening.pick), (record) => this.#write(record));
      case 'remove':
        return repeat(happening.tells, this.#remove(happening.pick));
      case 'list':
        return [...repeat(happening.attempts - 1, this.list(happening).slice(0, 2)), ...this.list(happening)];
    }
  }

  /** A complete list. */
  list({ isReversed = false } = {}): WatchEvent<R>[] {
    const puts = Array.from(this.objects.values(), (record) => ({ kind: 'put', record }) as const);
    return [{ kind: 'replace-start' }, ...(isReversed ? puts.toReversed() : puts), { kind: 'synced' }];
  }

  #write(record: R): WatchEvent<R> {
    this.#resourceVersion++;
    const written = { ...record, resourceVersion: String(this.#resourceVersion) };
    this.objects.set(objectKey(record.namespace, record.name), written);
    return { kind: 'put', record: written };
  }

  #remove(pick: number): WatchEvent<R>[] {
    return this.#picked(pick).map(({ namespace, name }) => {
      this.objects.delete(objectKey(namespace, name));
      return { kind: 'delete', namespace, name };
    });
  }

  #picked(pick: number): R[] {
    const objects = [...this.objects.values()];
    return objects.length > 0 ? objects.slice(pick % objects.length).slice(0, 1) : [];
  }
}

function repeat<T>(times: number, items: readonly T[]): T[] {
  return Array.from({ length: times }, () => items).flat();
}
