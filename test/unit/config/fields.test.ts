// Generated over the table: whatever a field may hold comes back from a file, from a flag, and from what we print.
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { decodeFields } from '../../../src/config/decode-fields.ts';
import { type Field, fieldsIn } from '../../../src/config/field.ts';
import { FIELDS } from '../../../src/config/fields.ts';
import { valuesOfFlags } from '../../../src/config/flags.ts';

const ALL = fieldsIn(FIELDS);
const TABLE = ALL.map(([path, field]) => ({ path, field }));
const WITH_FLAG = TABLE.flatMap(({ path, field }) =>
  field.flag ? [{ flag: field.flag.name, path, field }] : [],
);

const word = fc.stringMatching(/^[a-z0-9][a-z0-9./-]{0,20}$/);
const durationText = fc
  .tuple(fc.nat(100), fc.constantFrom('ns', 'us', 'ms', 's', 'm', 'h'))
  .map(([number, unit]) => `${number}${unit}`);
const address = fc.oneof(fc.ipV4(), fc.ipV6());
const cidr = fc.tuple(fc.ipV4(), fc.nat(32)).map(([ip, length]) => `${ip}/${length}`);

/** What a file may hold, by type; those that a field's own schema refuses are left out. */
const RAW: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: word,
  bool: fc.boolean(),
  ip: address,
  duration: durationText,
  int: fc.oneof(fc.nat(31), fc.integer()),
  float: fc.nat(1_000).map((number) => number / 8),
  strings: fc.oneof(fc.shuffledSubarray(['primary', 'localhost', 'all']), fc.array(cidr)),
  mapStringBool: fc.dictionary(word, fc.boolean(), { noNullPrototype: true }),
  'pattern=N,...': fc.array(fc.record({ filePattern: word, verbosity: fc.nat() })),
  quantity: fc.nat(1_000).map((number) => `${number}Ki`),
  ipport: fc
    .tuple(address, fc.integer({ min: 1, max: 65_535 }))
    .map(([ip, port]) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
};

function rawValues({ kind }: Field<unknown>): fc.Arbitrary<unknown> {
  const raw = kind.choices ? fc.constantFrom(...kind.choices) : RAW[kind.type];
  if (!raw) throw new Error(`no values of type ${kind.type} are known here`);
  return raw.filter((value) => v.is(kind.schema, value) && !kind.isUnset(value));
}

/** As an operator writes the value of a flag. */
function flagText(raw: unknown): string {
  if (Array.isArray(raw))
    return raw
      .map((item) => (typeof item === 'object' ? `${item.filePattern}=${item.verbosity}` : String(item)))
      .join(',');
  if (typeof raw === 'object' && raw !== null)
    return Object.entries(raw)
      .map(([name, value]) => `${name}=${value}`)
      .join(',');
  return String(raw);
}

/** `a.b` and 1 make {a: {b: 1}}. */
function nested(path: string, value: unknown): object {
  return path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;
}

function at(values: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], values);
}

describe.each(TABLE)('the field $path', ({ path, field }) => {
  it('has a default that its own kind accepts, or none', () => {
    if (field.fallback === undefined) return;
    const encoded = field.kind.encode(field.fallback);
    const { values, problems } = decodeFields(FIELDS, nested(path, encoded));
    expect(problems).toEqual([]);
    expect(at(values, path)).toEqual(field.fallback);
  });

  it('comes back from what we print, and is known to be set', () => {
    fc.assert(
      fc.property(rawValues(field), (raw) => {
        const first = decodeFields(FIELDS, nested(path, raw));
        expect(first.problems).toEqual([]);
        expect(first.setFields).toEqual(new Set([path]));
        const value = at(first.values, path);
        const second = decodeFields(FIELDS, nested(path, field.kind.encode(value)));
        expect(at(second.values, path)).toEqual(value);
      }),
      { numRuns: 30 },
    );
  });
});

describe.each(WITH_FLAG)('the flag --$flag', ({ flag, path, field }) => {
  it(`means the same as ${path} in the file`, () => {
    fc.assert(
      fc.property(rawValues(field), (raw) => {
        const { values, problems } = valuesOfFlags(new Map([[flag, [flagText(raw)]]]), { hasFile: false });
        expect(problems).toEqual([]);
        expect(values.get(path)).toEqual(at(decodeFields(FIELDS, nested(path, raw)).values, path));
      }),
      { numRuns: 30 },
    );
  });
});

describe('the table', () => {
  it('sets no field by two flags, and shares a flag among fields of one kind only', () => {
    const kinds = Map.groupBy(WITH_FLAG, ({ flag }) => flag);
    for (const sharing of kinds.values()) {
      expect(new Set(sharing.map(({ field }) => field.kind)).size).toBe(1);
    }
  });
});
