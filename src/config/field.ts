// What a field of the configuration is: its kind, its default and its meaning. `fields.ts` is the table of all of them.
import * as v from 'valibot';
import { type Cidr, type Ip, parseCidr, parseIp } from '../model/ip.ts';
import { type Duration, parseDuration } from './duration.ts';

/** How the value of a field is written. */
export interface Kind<T> {
  readonly schema: v.GenericSchema<unknown, T>;
  /** Completes "must be …": says how to put it right. */
  readonly expected: string;
  /** Values beside null that upstream takes for "not set", so that the default applies. */
  readonly isUnset: (raw: unknown) => boolean;
}

export interface Field<T> {
  readonly kind: Kind<T>;
  readonly fallback: T;
  readonly doc: string;
}

/** The values of a table of fields, in the same shape. */
export type ValuesOf<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Field<infer T> ? T : ValuesOf<Table[Name]>;
};

export interface FieldTable {
  readonly [name: string]: Field<unknown> | FieldTable;
}

/** An address on which a server listens. */
export interface HostPort {
  readonly ip: Ip;
  readonly port: number;
}

export function field<T>(kind: Kind<T>, fallback: NoInfer<T>, doc: string): Field<T> {
  return { kind, fallback, doc };
}

export function isField(entry: Field<unknown> | FieldTable): entry is Field<unknown> {
  return 'kind' in entry && 'schema' in entry.kind;
}

export const text = kind(v.string(), 'a text', isEmptyText);

export const bool = kind(v.boolean(), 'true or false');

export const ip: Kind<Ip> = kind(
  v.pipe(v.string(), v.transform(parseIp), v.custom<Ip>(isDefined)),
  'an IP address',
  isEmptyText,
);

/** A Go field that is no pointer: a zero is not set. */
export const duration = kind(
  durationSchema(),
  'a duration with a unit, like 30s or 1h15m, and not negative',
  (raw) => isEmptyText(raw) || (typeof raw === 'string' && parseDuration(raw)?.ms === 0),
);

/** A Go field that is a pointer: a zero is a value of its own. */
export const durationOrZero = { ...duration, isUnset: isEmptyText };

/** Seconds have to be written as a text with a unit; a number is nanoseconds. */
export const durationOrNanoseconds = kind(
  v.union([
    duration.schema,
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(0),
      v.transform((ns) => ({ ms: ns / 1e6 })),
    ),
  ]),
  'a duration with a unit, like 5s, or a whole number of nanoseconds',
  (raw) => raw === 0 || duration.isUnset(raw),
);

export const gates = kind(v.record(v.string(), v.boolean()), 'a list of names with true or false');

export const texts = kind(v.array(v.string()), 'a list of texts');

export const nodePortAddresses = kind(
  v.union([v.strictTuple([v.literal('primary')]), v.array(cidrSchema())]) as v.GenericSchema<
    unknown,
    readonly (Cidr | 'primary')[]
  >,
  'a list of networks like 10.0.0.0/8, or "primary" as its only item',
);

export function integer(min: number, max: number): Kind<number> {
  return kind(integerSchema(min, max), `a whole number from ${min} to ${max}`);
}

/** A Go field that is no pointer: a zero is not set. */
export function nonZero(schema: v.GenericSchema<unknown, number>, expected: string): Kind<number> {
  return kind(schema, expected, (raw) => raw === 0);
}

export function oneOf<const T extends string>(choices: readonly T[], expected: string): Kind<T> {
  return kind(v.picklist(choices), expected, isEmptyText);
}

/** Undefined when it is not set. A missing port is `defaultPort`. */
export function hostPort(defaultPort: number): Kind<HostPort | undefined> {
  const parse = (raw: string): HostPort | undefined => parseHostPort(raw, defaultPort);
  return kind(
    v.pipe(v.string(), v.transform(parse), v.custom<HostPort>(isDefined)),
    `an IP address with a port, like 0.0.0.0:${defaultPort} or [::]:${defaultPort}`,
    isEmptyText,
  );
}

export function kind<T>(
  schema: v.GenericSchema<unknown, T>,
  expected: string,
  isUnset: Kind<T>['isUnset'] = () => false,
): Kind<T> {
  return { schema, expected, isUnset };
}

export function integerSchema(min: number, max: number): v.GenericSchema<unknown, number> {
  return v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
}

function durationSchema(): v.GenericSchema<unknown, Duration> {
  return v.pipe(
    v.string(),
    v.transform(parseDuration),
    v.custom<Duration>(isDefined),
    v.check(({ ms }) => ms >= 0),
  );
}

function cidrSchema(): v.GenericSchema<unknown, Cidr> {
  return v.pipe(v.string(), v.transform(parseCidr), v.custom<Cidr>(isDefined));
}

/** As upstream's validation: brackets around IPv6, a port from 1 to 65535. */
function parseHostPort(raw: string, defaultPort: number): HostPort | undefined {
  const bare = parseIp(raw.replace(/^\[(.*)\]$/, '$1'));
  if (bare) return { ip: bare, port: defaultPort };
  const [, bracketed, plain, portText] = /^(?:\[(.*)\]|([^:]*)):(\d{1,5})$/.exec(raw) ?? [];
  const address = parseIp(bracketed ?? plain ?? '');
  const port = Number(portText);
  return address && port >= 1 && port <= 65_535 ? { ip: address, port } : undefined;
}

function isEmptyText(raw: unknown): boolean {
  return raw === '';
}

function isDefined(value: unknown): boolean {
  return value !== undefined;
}
