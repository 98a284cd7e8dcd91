// The flags as a command line leaves them, for /flagz.
import type { FlagTexts } from '../config/flagged-values.ts';
import { FIELD_FLAGS, type FieldOfFlag } from '../config/flags.ts';
import type { CommandFlag } from './command-flag.ts';
import { RUN_FLAGS } from './run-flags.ts';

/** Every flag of the daemon by name, sorted: what it was given, or its default. */
export function flagValues(texts: FlagTexts): ReadonlyMap<string, string> {
  return new Map(RUN_FLAGS.map((flag) => [flag.name, valueText(flag, texts.get(flag.name))]));
}

function valueText({ name, type }: CommandFlag, given: readonly string[] | undefined): string {
  const field = FIELD_FLAGS.get(name)?.fields[0];
  if (given !== undefined) return givenText(given, field);
  return field ? defaultText(field) : type === 'bool' ? 'false' : '';
}

/** Lists add up; of the others the last one counts. */
function givenText(given: readonly string[], field: FieldOfFlag | undefined): string {
  const isList = typeof field?.kind.fromTexts(given) === 'object';
  return isList ? given.join(',') : (given.at(-1) ?? '');
}

function defaultText({ kind, fallback }: FieldOfFlag): string {
  const encoded = kind.encode(fallback);
  return encoded === null ? '' : String(encoded);
}
