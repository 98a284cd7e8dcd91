// Whatever JSON comes, decoding ends: with a record whose every field is of its type, or with a DecodeError.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decode } from '../../src/kube/decode-metadata.ts';
import { endpointSlices, ownNode, serviceCidrs, services } from '../../src/kube/resources.ts';
import { createIntern } from '../../src/util/intern.ts';
import { recordedAnswer } from '../fakes/recorded-answers.ts';

const RESOURCES = [services, endpointSlices, serviceCidrs, ownNode('node-1')];

/** Real objects of each kind, into which nonsense is put. */
const REAL = [
  ...objectsOf('watchlist-services'),
  ...objectsOf('watchlist-node'),
  ...objectsOf('watch-endpointslices'),
  ...JSON.parse(recordedAnswer('list-endpointslices').body.toString()).items,
  ...JSON.parse(recordedAnswer('servicecidrs').body.toString()).items,
];

const hostile = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    '"; rm -rf /',
    'a\nb',
    '--flush',
    '::ffff:10.0.0.1',
    '1.2.3.4/33',
    '%eth0',
    '0',
    '999.1.1.1',
    '',
    '/',
  ),
  fc.constantFrom(-1, 0, 65_536, 1.5, 1e300, null),
);

describe('decoding', () => {
  it.each(RESOURCES)('$name: any JSON object gives a record or a DecodeError', ({ decode }) => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => checkDecode(decode, object)),
    );
  });

  it.each(RESOURCES)(
    '$name: a real object with nonsense in any place gives a record or a DecodeError',
    ({ decode }) => {
      const mutated = fc.tuple(fc.constantFrom(...REAL), fc.infiniteStream(fc.nat()), hostile);
      fc.assert(
        fc.property(mutated, ([object, path, nonsense]) =>
          checkDecode(decode, replaceAt(object, path, nonsense)),
        ),
        { numRuns: 2_000 },
      );
    },
  );
});

function checkDecode(decode: Decode<object>, object: object): void {
  try {
    const record = decode({ ...object }, createIntern());
    expect(Object.values(record).filter((value) => value === null || Number.isNaN(value))).toEqual([]);
    expect(
      Object.entries(record).filter(([, value]) => typeof value === 'object' && !Array.isArray(value)),
    ).toEqual([]);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'DecodeError') throw error;
  }
}

/** A copy in which the value that a walk along `path` arrives at is another one. */
function replaceAt(value: unknown, path: Iterator<number>, nonsense: unknown): object {
  const copy = structuredClone(value) as object;
  let at: unknown = copy;
  for (;;) {
    const keys = Object.keys(at as object);
    const key = keys[(path.next().value ?? 0) % keys.length];
    if (key === undefined) return copy;
    const parent = at as { [key: string]: unknown };
    at = parent[key];
    if (typeof at === 'object' && at !== null && (path.next().value ?? 0) % 5 > 0) continue;
    parent[key] = nonsense;
    return copy;
  }
}

function objectsOf(recording: string): object[] {
  const lines = recordedAnswer(recording).body.toString().trim().split('\n');
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'ADDED' || type === 'MODIFIED')
    .map(({ object }) => object);
}
