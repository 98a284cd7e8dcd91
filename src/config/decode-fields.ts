// Reads an object that came from a file by a table of fields, in one walk: values, defaults, problems, unknown fields. What flags
// say goes before the file.
import * as v from 'valibot';
import type { ConfigProblem } from './config-error.ts';
import { type Field, type FieldPath, type FieldTable, isField, type ValuesOf } from './field.ts';

export interface Decoded<Table> {
  /** Where there is a problem, the default. */
  readonly values: ValuesOf<Table>;
  readonly problems: readonly ConfigProblem[];
  /** Paths of fields that the table does not have. */
  readonly unknown: readonly string[];
  /** Fields whose value came from the file or a flag and not from the table. */
  readonly setFields: ReadonlySet<FieldPath>;
}

interface Findings {
  readonly flagged: ReadonlyMap<FieldPath, unknown>;
  readonly problems: ConfigProblem[];
  readonly unknown: string[];
  readonly setFields: Set<FieldPath>;
}

type RawSection = Readonly<Record<string, unknown>>;

/** `flagged`: values by path that count whatever the object says. Never throws: whatever the object is, it is described. */
export function decodeFields<const Table extends FieldTable>(
  table: Table,
  raw: unknown,
  flagged: ReadonlyMap<FieldPath, unknown> = new Map(),
): Decoded<Table> {
  const findings: Findings = { flagged, problems: [], unknown: [], setFields: new Set() };
  const values = decodeSection(table, raw, '', findings);
  const { problems, unknown, setFields } = findings;
  // The walk follows the table, so the result has its shape.
  return { values: values as ValuesOf<Table>, problems, unknown, setFields };
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
  path: FieldPath,
  { flagged, problems, setFields }: Findings,
): unknown {
  const isSet = flagged.has(path) || !(raw === undefined || raw === null || kind.isUnset(raw));
  if (!isSet) return fallback;
  const result = flagged.has(path)
    ? { success: true, output: flagged.get(path) }
    : v.safeParse(kind.schema, raw);
  if (result.success) setFields.add(path);
  else problems.push({ path, value: raw, expected: kind.expected });
  return result.success ? result.output : fallback;
}

function joinPath(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

function isRawSection(raw: unknown): raw is RawSection {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}
