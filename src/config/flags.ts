// The flags of the fields: which there are, and what they make of the fields. pflag's rules for values are in flag-text.ts, those
// for how flags are written in cli.
import * as v from 'valibot';
import type { ConfigProblem } from './config-error.ts';
import { type Field, type FieldPath, type Flag, fieldsIn } from './field.ts';
import { FIELDS } from './fields.ts';
import type { FlaggedValues, FlagTexts } from './flagged-values.ts';
import { PORT_FLAGS, valuesOfPortFlags } from './port-flags.ts';

export interface FieldFlag extends Flag {
  /** The fields that it sets; the first is the one that it is described by. */
  readonly fields: readonly [FieldOfFlag, ...FieldOfFlag[]];
}

export interface FieldOfFlag extends Pick<Field<unknown>, 'kind' | 'fallback' | 'doc'> {
  readonly path: FieldPath;
}

/** By name, in the order of the table. */
export const FIELD_FLAGS: ReadonlyMap<string, FieldFlag> = fieldFlags();

function fieldFlags(): Map<string, FieldFlag> {
  const flags = new Map<string, FieldFlag>();
  for (const [path, { flag, kind, fallback, doc }] of fieldsIn(FIELDS)) {
    if (!flag) continue;
    const others = flags.get(flag.name)?.fields ?? [];
    const [first, ...rest] = [...others, { path, kind, fallback, doc }];
    if (first) flags.set(flag.name, { ...flag, fields: [first, ...rest] });
  }
  return flags;
}

/** What flags make of the fields. With a file most are ignored, with a warning each. */
export function valuesOfFlags(texts: FlagTexts, { hasFile }: { readonly hasFile: boolean }): FlaggedValues {
  if (!hasFile) return merge(valuesOfFieldFlags(texts), valuesOfPortFlags(texts));
  const winning = [...texts].filter(([name]) => FIELD_FLAGS.get(name)?.winsOverFile);
  const ignored = [...FIELD_FLAGS.values(), ...PORT_FLAGS].filter(
    (flag) => texts.has(flag.name) && !('winsOverFile' in flag && flag.winsOverFile),
  );
  const warnings = ignored.map(({ name }) => `--${name} is ignored: with --config the file decides`);
  return { ...valuesOfFieldFlags(new Map(winning)), warnings };
}

function merge(first: FlaggedValues, second: FlaggedValues): FlaggedValues {
  return {
    values: new Map([...first.values, ...second.values]),
    problems: [...first.problems, ...second.problems],
    warnings: [...first.warnings, ...second.warnings],
  };
}

function valuesOfFieldFlags(texts: FlagTexts): FlaggedValues {
  const values = new Map<FieldPath, unknown>();
  const problems: ConfigProblem[] = [];
  for (const { name, fields } of FIELD_FLAGS.values()) {
    // Fields that share a flag are of one kind.
    const [{ kind }] = fields;
    const given = texts.get(name);
    const raw = given && kind.fromTexts(given);
    // `--bind-address=` leaves the default, as upstream's IPVar does. A zero, unlike in the file, is a value.
    if (given === undefined || (raw === '' && kind.isUnset(raw))) continue;
    const result = v.safeParse(kind.schema, raw);
    if (result.success) for (const { path } of fields) values.set(path, result.output);
    else problems.push({ path: `--${name}`, value: given.join(','), expected: kind.expected });
  }
  return { values, problems, warnings: [] };
}
