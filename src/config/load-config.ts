// From the file to the configuration: YAML or JSON, the table of fields, the rules, and everything that is wrong at once.
import { readFileSync } from 'node:fs';
import { boolYaml11Tag, CORE_SCHEMA, load, mergeTag, YAMLException } from 'js-yaml';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { decodeFields } from './decode-fields.ts';
import { FIELDS, type ProxyConfig } from './fields.ts';
import { brokenRules } from './rules.ts';

export interface LoadedConfig {
  readonly config: ProxyConfig;
  /** Sentences about what was tolerated: fields that are unknown or appear twice. */
  readonly warnings: readonly string[];
  /** Paths of the fields that the file sets; an explicit null, empty text or zero that upstream replaces is not one. */
  readonly setFields: ReadonlySet<string>;
}

const API_VERSION = 'kubeproxy.config.k8s.io/v1alpha1';
const KIND = 'KubeProxyConfiguration';
/** kube-proxy reads YAML 1.1, where `yes` and `on` are booleans. Dates and octal numbers appear in no field. */
const SCHEMA = CORE_SCHEMA.withTags(boolYaml11Tag, mergeTag);

/** Throws ConfigError. */
export function loadConfig(file: string): LoadedConfig {
  return parseConfig(readText(file), file);
}

/** `file` only names the text in messages. Throws ConfigError. */
export function parseConfig(text: string, file: string): LoadedConfig {
  const { document, warnings } = parseYaml(text, file);
  const { apiVersion, kind, ...fields } = document;
  const { values, problems, unknown, setFields } = decodeFields(FIELDS, fields);
  const all = [...identityProblems(apiVersion, kind), ...problems, ...brokenRules(values)];
  if (all.length > 0) throw new ConfigError(file, all);
  return {
    config: values,
    warnings: [...warnings, ...unknown.map((path) => `${file}: unknown field ${path}`)],
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
