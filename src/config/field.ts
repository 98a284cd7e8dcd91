// What a field of the configuration is: its kind, its default, its meaning and its flags. `fields.ts` is the table of all of them.
import type { Kind } from './kind.ts';

export interface Field<T> {
  readonly kind: Kind<T>;
  readonly fallback: T;
  readonly doc: string;
  /** The flag that sets it. Several fields may share one. */
  readonly flag: Flag | undefined;
  /** Left out of what we print while it is false or empty (`omitempty` in Go). */
  readonly isOmittedWhenEmpty: boolean;
}

export interface Flag {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  /** Counts even with --config, which makes other flags be ignored (copyLogsFromFlags and Complete in upstream's options.go). */
  readonly winsOverFile?: boolean;
}

export interface FieldTable {
  readonly [name: string]: Field<unknown> | FieldTable;
}

/** The values of a table of fields, in the same shape. */
export type ValuesOf<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Field<infer T> ? T : ValuesOf<Table[Name]>;
};

export interface FieldOptions {
  readonly flag?: string | Flag;
  readonly isOmittedWhenEmpty?: boolean;
}

export function field<T>(
  kind: Kind<T>,
  fallback: NoInfer<T>,
  doc: string,
  { flag, isOmittedWhenEmpty = false }: FieldOptions = {},
): Field<T> {
  return { kind, fallback, doc, flag: typeof flag === 'string' ? { name: flag } : flag, isOmittedWhenEmpty };
}

export function isField(entry: Field<unknown> | FieldTable): entry is Field<unknown> {
  return 'kind' in entry && 'schema' in entry.kind;
}

/** `iptables.minSyncPeriod`. */
export type FieldPath = string;

/** All fields of the table with their paths, in order. */
export function fieldsIn(table: FieldTable, prefix = ''): readonly (readonly [FieldPath, Field<unknown>])[] {
  return Object.entries(table).flatMap(([name, entry]) =>
    isField(entry) ? [[prefix + name, entry] as const] : fieldsIn(entry, `${prefix}${name}.`),
  );
}
