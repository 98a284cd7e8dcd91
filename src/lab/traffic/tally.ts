// What a bunch of attempts says at a glance.
import type { Attempt } from './probe.ts';

export interface Tally {
  /** How often each place answered. */
  readonly answeredBy: Readonly<Record<string, number>>;
  /** The source addresses that the answering places saw, sorted. */
  readonly sources: readonly string[];
  /** How often each error came. */
  readonly errors: Readonly<Record<string, number>>;
}

export function tally(attempts: readonly Attempt[]): Tally {
  const answers = attempts.flatMap((attempt) => (attempt.ok ? [attempt.answer] : []));
  return {
    answeredBy: counts(answers.map(({ name }) => name)),
    sources: [...new Set(answers.map(({ peer }) => peer.ip))].sort(),
    errors: counts(attempts.flatMap((attempt) => (attempt.ok ? [] : [attempt.error]))),
  };
}

function counts(names: readonly string[]): Record<string, number> {
  const result: Record<string, number> = {};
  for (const name of names.toSorted()) result[name] = (result[name] ?? 0) + 1;
  return result;
}
