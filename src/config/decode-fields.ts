// Reads an object that came from a file by a table of fields, in one walk: values, defaults, problems, unknown fields.
import * as v from 'valibot';
import type { ConfigProblem } from './config-error.ts';
import { type Field, type FieldTable, isField, type ValuesOf } from './field.ts';

export interface Decoded<Table> {
  /** Where there is a problem, the default. */
  readonly values: ValuesOf<Table>;
  readonly problems: readonly ConfigProblem[];
  /** Paths of fields that the table does not have. */
  readonly unknown: readonly string[];
  /** Paths of fields whose value came from the file and not from the table. */
  readonly setFields: ReadonlySet<string>;
}

interface Findings {
  readonly problems: ConfigProblem[];
  readonly unknown: string[];
  readonly setFields: Set<string>;
}

type RawSection = Readonly<Record<string, unknown>>;

/** Never throws: whatever the object is, it is described. */
export function decodeFields<const Table extends FieldTable>(table: Table, raw: unknown): Decoded<Table> {
  const findings: Findings = { problems: [], unknown: [], setFields: new Set() };
  const values = decodeSection(table, raw, '', findings);
  // The walk follows the table, so the result has its shape.
  return { values: values as ValuesOf<Table>, ...findings };
}

function decodeSection(table: FieldTable, raw: unknown, path: string, findings: Findings): unknown {
  if (raw !== undefined && raw !== null && !isRawSection(raw))
    findings.problems.push({ path, value: raw, expected: 'a section with fields of its own' });
  const section: RawSection = isRawSection(raw) ? raw : {};
  for (const name of Object.keys(section))
    if (!Object.hasOwn(table, name)) findings.unknown.push(joinPath(path, name));
  return Object.fromEntries(
    Object.entries(table).map(([name, entry]) => {
      const value = Object.hasOwn(section, name) ? section[name] : undefined;
      return [name, decodeEntry(entry, value, joinPath(path, name), findings)];
    }),
  );
}

function decodeEntry(
  entry: Field<unknown> | FieldTable,
  raw: unknown,
  path: string,
  findings: Findings,
): unknown {
  return isField(entry) ? decodeField(entry, raw, path, findings) : decodeSection(entry, raw, path, findings);
}

function decodeField(
  { kind, fallback }: Field<unknown>,
  raw: unknown,
  path: string,
  findings: Findings,
): unknown {
  if (raw === undefined || raw === null || kind.isUnset(raw)) return fallback;
  const result = v.safeParse(kind.schema, raw);
  if (result.success) {
    findings.setFields.add(path);
    return result.output;
  }
  findings.problems.push({ path, value: raw, expected: kind.expected });
  return fallback;
}

function joinPath(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

function isRawSection(raw: unknown): raw is RawSection {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}
