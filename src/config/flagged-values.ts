// What goes into the reading of flags, and what comes out of it.
import type { ConfigProblem } from './config-error.ts';
import type { FieldPath } from './field.ts';

/** The texts that each flag was given, in order, by the flag's name. */
export type FlagTexts = ReadonlyMap<string, readonly string[]>;

export interface FlaggedValues {
  readonly values: ReadonlyMap<FieldPath, unknown>;
  readonly problems: readonly ConfigProblem[];
  /** Sentences. */
  readonly warnings: readonly string[];
}
