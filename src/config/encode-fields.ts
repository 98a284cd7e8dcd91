// Writes values by a table of fields, as kube-proxy writes them: the inverse of decode-fields.ts.
import { type Field, type FieldTable, isField, type ValuesOf } from './field.ts';

export type EncodedSection = Readonly<Record<string, unknown>>;

/** In the order of the table, which is that of upstream's types.go. */
export function encodeFields<const Table extends FieldTable>(
  table: Table,
  values: ValuesOf<Table>,
): EncodedSection {
  return encodeSection(table, values as EncodedSection);
}

function encodeSection(table: FieldTable, values: EncodedSection): EncodedSection {
  return Object.fromEntries(
    Object.entries(table)
      .map(([name, entry]) => [name, encodeEntry(entry, values[name])] as const)
      .filter(([, encoded]) => encoded !== undefined),
  );
}

/** undefined for what is left out. */
function encodeEntry(entry: Field<unknown> | FieldTable, value: unknown): unknown {
  if (!isField(entry)) return encodeSection(entry, value as EncodedSection);
  const encoded = entry.kind.encode(value);
  const isEmpty = encoded === null || encoded === false;
  return entry.isOmittedWhenEmpty && isEmpty ? undefined : encoded;
}
