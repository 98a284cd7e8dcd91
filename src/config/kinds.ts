// The kinds of values that fields of the configuration have.
import * as v from 'valibot';
import { type Cidr, type Ip, parseCidr, parseIp } from '../model/ip.ts';
import { type Duration, formatDuration, parseDuration } from './duration.ts';
import {
  boolFromText,
  entriesFromTexts,
  integerFromText,
  itemsFromTexts,
  numberFromText,
} from './flag-text.ts';
import { type HostPort, hostPortText, parseHostPort } from './host-port.ts';
import { isEmptyText, type Kind, kind, unsetWhenZero } from './kind.ts';

const MAX_INT32 = 2 ** 31 - 1;
const MAX_UINT32 = 2 ** 32 - 1;

export const text = kind(
  { type: 'string', schema: v.string(), expected: 'a text' },
  { isUnset: isEmptyText },
);

export const bool = kind(
  { type: 'bool', schema: v.boolean(), expected: 'true or false' },
  { fromTexts: (texts) => boolFromText(texts.at(-1) ?? '') },
);

export const ip: Kind<Ip> = kind(
  { type: 'ip', schema: parsed(parseIp), expected: 'an IP address' },
  { isUnset: isEmptyText },
);

/** A negative one too: for sections that count in one mode only. */
export const anyDuration = durationOf(parsed(parseDuration), 'a duration with a unit, like 30s or 1h15m');

/** A Go field that is a pointer: a zero is a value of its own. */
export const durationOrZero = durationOf(
  v.pipe(
    anyDuration.schema,
    v.check(({ ms }) => ms >= 0),
  ),
  'a duration with a unit, like 30s or 1h15m, and not negative',
);

export const duration = unsetWhenZero(durationOrZero, isZeroDuration);

export const periodOfMode = unsetWhenZero(anyDuration, isZeroDuration);

export const positiveDuration = unsetWhenZero(
  durationOf(
    v.pipe(
      anyDuration.schema,
      v.check(({ ms }) => ms > 0),
    ),
    'a duration with a unit, like 30s or 1h15m, and more than 0',
  ),
  isZeroDuration,
);

/** Seconds have to be written as a text with a unit; a number is nanoseconds. */
export const durationOrNanoseconds = unsetWhenZero(
  durationOf(
    v.union([
      durationOrZero.schema,
      v.pipe(
        v.number(),
        v.integer(),
        v.minValue(0),
        v.transform((ns) => ({ ms: ns / 1e6 })),
      ),
    ]),
    'a duration with a unit, like 5s, or a whole number of nanoseconds',
  ),
  (raw) => raw === 0 || isZeroDuration(raw),
);

export const count = integer(0, MAX_INT32);

export const anyInt32 = integer(-MAX_INT32 - 1, MAX_INT32);

export const uint32 = integer(0, MAX_UINT32);

export const countUnlessZero = unsetWhenZero(count, isZero);

export const rateUnlessZero = unsetWhenZero(
  kind(
    { type: 'float', schema: v.number(), expected: 'a number' },
    { fromTexts: (texts) => numberFromText(texts.at(-1) ?? '') },
  ),
  isZero,
);

export const texts = kind(
  { type: 'strings', schema: v.array(v.string()), expected: 'a list of texts' },
  { fromTexts: itemsFromTexts, encode: nullIfEmpty },
);

export const gates = kind(
  {
    type: 'mapStringBool',
    schema: v.record(v.string(), v.boolean()),
    expected: 'a list of names with true or false',
  },
  {
    fromTexts: (texts) => Object.fromEntries(entriesFromTexts(texts, boolFromText)),
    encode: (value) => (Object.keys(value).length > 0 ? value : null),
  },
);

export const vmodule = kind(
  {
    type: 'pattern=N,...',
    schema: v.array(v.object({ filePattern: v.string(), verbosity: uint32.schema })),
    expected: 'a list of items with filePattern and verbosity',
  },
  {
    fromTexts: (texts) =>
      entriesFromTexts(texts, integerFromText).map(([filePattern, verbosity]) => ({
        filePattern,
        verbosity,
      })),
    encode: nullIfEmpty,
  },
);

export const quantity = kind(
  {
    type: 'quantity',
    schema: v.pipe(v.union([v.string(), v.number()]), v.transform(String)),
    expected: 'a quantity like 512Ki',
  },
  { isUnset: isEmptyText },
);

const NAMED_ADDRESSES = ['primary', 'localhost', 'all'] as const;

export type NodePortAddress = Cidr | (typeof NAMED_ADDRESSES)[number];

/** In any mixture, as from kube-proxy 1.37 on; 1.36 takes networks, or `primary` alone. */
export const nodePortAddresses: Kind<readonly NodePortAddress[]> = kind(
  {
    type: 'strings',
    schema: v.array(v.union([v.picklist(NAMED_ADDRESSES), parsed(parseCidr)])),
    expected: 'a list of networks like 10.0.0.0/8, "primary", "localhost" and "all"',
  },
  { fromTexts: itemsFromTexts, encode: nullIfEmpty },
);

export function integer(min: number, max: number): Kind<number> {
  return kind(
    {
      type: 'int',
      schema: v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max)),
      expected: `a whole number from ${min} to ${max}`,
    },
    { fromTexts: (texts) => integerFromText(texts.at(-1) ?? '') },
  );
}

export function oneOf<const T extends string>(choices: readonly T[]): Kind<T> {
  const expected = `one of ${choices.join(', ')}`;
  return kind({ type: 'string', choices, schema: v.picklist(choices), expected }, { isUnset: isEmptyText });
}

/** A missing port is `defaultPort`. */
export function hostPort(defaultPort: number): Kind<HostPort | undefined> {
  return kind<HostPort | undefined>(
    {
      type: 'ipport',
      schema: parsed((raw) => parseHostPort(raw, defaultPort)),
      expected: `an IP address with a port, like 0.0.0.0:${defaultPort} or [::]:${defaultPort}`,
    },
    { isUnset: isEmptyText, encode: hostPortText },
  );
}

function durationOf(schema: v.GenericSchema<unknown, Duration>, expected: string): Kind<Duration> {
  return kind({ type: 'duration', schema, expected }, { isUnset: isEmptyText, encode: formatDuration });
}

/** A text that `parse` can read. */
function parsed<T>(parse: (raw: string) => T | undefined): v.GenericSchema<unknown, T> {
  return v.pipe(
    v.string(),
    v.transform(parse),
    v.custom<T>((value) => value !== undefined),
  );
}

function isZeroDuration(raw: unknown): boolean {
  return typeof raw === 'string' && parseDuration(raw)?.ms === 0;
}

function isZero(raw: unknown): boolean {
  return raw === 0;
}

function nullIfEmpty<T>(list: readonly T[]): readonly T[] | null {
  return list.length > 0 ? list : null;
}
