// Which fields differ between two configurations, for people.
import { type FieldPath, fieldsIn } from './field.ts';
import { FIELDS } from './fields.ts';
import type { LoadedConfig } from './load-config.ts';

type Settings = Pick<LoadedConfig, 'config' | 'setFields'>;

/** `iptables.minSyncPeriod: 1s (default) -> 5s`. A field that is set to its default is not the same as one that is not set. */
export function changedFields(before: Settings, after: Settings): string[] {
  return fieldsIn(FIELDS).flatMap(([path, { kind }]) => {
    const [old, now] = [before, after].map((settings) => textOf(settings, path, kind.encode));
    return old === now ? [] : [`${path}: ${old} -> ${now}`];
  });
}

function textOf(
  { config, setFields }: Settings,
  path: FieldPath,
  encode: (value: unknown) => unknown,
): string {
  const encoded = encode(valueAt(config, path));
  const text = typeof encoded === 'string' && encoded !== '' ? encoded : JSON.stringify(encoded);
  return setFields.has(path) ? text : `${text} (default)`;
}

function valueAt(config: object, path: FieldPath): unknown {
  return path
    .split('.')
    .reduce<unknown>((section, name) => (section as Readonly<Record<string, unknown>>)[name], config);
}
