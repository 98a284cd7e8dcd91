// From file and flags to the configuration: YAML or JSON, the table of fields, flags, defaults, rules, and everything that is
// wrong at once.
import { readFileSync } from 'node:fs';
import { boolYaml11Tag, CORE_SCHEMA, load, mergeTag, YAMLException } from 'js-yaml';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { decodeFields } from './decode-fields.ts';
import { withDerivedDefaults } from './derived-defaults.ts';
import { API_VERSION, KIND } from './external-config.ts';
import { gateWarnings } from './feature-gates.ts';
import type { FieldPath } from './field.ts';
import { FIELDS, type ProxyConfig } from './fields.ts';
import type { FlagTexts } from './flagged-values.ts';
import { valuesOfFlags } from './flags.ts';
import { brokenRules } from './rules.ts';

export interface ConfigSource {
  /** undefined: flags and defaults alone. */
  readonly file: string | undefined;
  readonly flags: FlagTexts;
}

export interface LoadedConfig {
  readonly config: ProxyConfig;
  /** Sentences about what was tolerated: unknown fields, fields that appear twice, flags and feature gates without effect. */
  readonly warnings: readonly string[];
  /** Fields that file or flags set; an explicit null, empty text or zero that upstream replaces is not one. */
  readonly setFields: ReadonlySet<FieldPath>;
}

/** kube-proxy reads YAML 1.1, where `yes` and `on` are booleans. Dates and octal numbers appear in no field. */
const SCHEMA = CORE_SCHEMA.withTags(boolYaml11Tag, mergeTag);

/** Throws ConfigError. */
export function loadConfig({ file, flags }: ConfigSource): LoadedConfig {
  if (file !== undefined) return parseConfig(readText(file), { file, flags });
  const none = { apiVersion: API_VERSION, kind: KIND };
  return configFrom({ document: none, warnings: [] }, { file, flags });
}

/** `file` only names the text in messages. Throws ConfigError. */
export function parseConfig(text: string, source: ConfigSource & { readonly file: string }): LoadedConfig {
  return configFrom(parseYaml(text, source.file), source);
}

function configFrom({ document, warnings }: Parsed, { file, flags }: ConfigSource): LoadedConfig {
  const { apiVersion, kind, ...fields } = document;
  const flagged = valuesOfFlags(flags, { hasFile: file !== undefined });
  const { values, problems, unknown, setFields } = decodeFields(FIELDS, fields, flagged.values);
  const config = withDerivedDefaults(values, setFields);
  const all = [
    ...identityProblems(apiVersion, kind),
    ...problems,
    ...flagged.problems,
    ...brokenRules(config),
  ];
  if (all.length > 0) throw new ConfigError(file ?? 'the command line', all);
  const unknownFields = unknown.map((path) => `${file}: unknown field ${path}`);
  return {
    config,
    warnings: [...warnings, ...unknownFields, ...flagged.warnings, ...gateWarnings(config.featureGates)],
    setFields,
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(file, [{ path: '', value: reason, expected: 'a file that can be read' }]);
  }
}

interface Parsed {
  readonly document: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

/** A field that appears twice is tolerated, as by kube-proxy: the last one counts. */
function parseYaml(text: string, file: string): Parsed {
  try {
    return { document: asDocument(load(text, { schema: SCHEMA }), file), warnings: [] };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { document: parseLeniently(text, file, error), warnings: [`${file}: ${sentenceOf(error)}`] };
  }
}

function parseLeniently(text: string, file: string, strictError: YAMLException): Parsed['document'] {
  try {
    return asDocument(load(text, { schema: SCHEMA, json: true }), file);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(file, [
      { path: '', value: sentenceOf(strictError), expected: 'valid YAML or JSON' },
    ]);
  }
}

/** Without the excerpt of the file that the message has. */
function sentenceOf({ reason, mark }: YAMLException): string {
  return mark ? `${reason} in line ${mark.line + 1}` : reason;
}

function asDocument(parsed: unknown, file: string): Parsed['document'] {
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  throw new ConfigError(file, [{ path: '', value: parsed, expected: `one ${KIND} with its fields` }]);
}

function identityProblems(apiVersion: unknown, kind: unknown): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (apiVersion !== API_VERSION)
    problems.push({ path: 'apiVersion', value: apiVersion, expected: API_VERSION });
  if (kind !== KIND) problems.push({ path: 'kind', value: kind, expected: KIND });
  return problems;
}
