// Everything that is wrong with a configuration, told at once.
import { inspect } from 'node:util';

export interface ConfigProblem {
  /** `iptables.minSyncPeriod`; empty for the file as a whole. */
  readonly path: string;
  /** As written in the file; for the file as a whole what is wrong with it. */
  readonly value: unknown;
  /** Completes "must be …". */
  readonly expected: string;
}

export class ConfigError extends Error {
  readonly code = 'ERR_CONFIG';
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    super([`${file} cannot be used:`, ...problems.map(describe)].join('\n  '));
    this.name = 'ConfigError';
    this.file = file;
    this.problems = problems;
  }
}

const MAX_VALUE_LENGTH = 200;

function describe({ path, value, expected }: ConfigProblem): string {
  const text = path === '' && typeof value === 'string' ? value : printed(value);
  const short = text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
  return `${path && `${path} is `}${short}, but must be ${expected}`;
}

/** On one line. JSON.stringify would throw for YAML that refers to itself. */
function printed(value: unknown): string {
  return value === undefined ? 'not there' : inspect(value, { breakLength: Number.POSITIVE_INFINITY });
}
