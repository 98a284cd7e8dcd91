// Holds what was seen against what was expected.
import { type Answers, type Expectation, expectationText } from './expectation.ts';
import type { FlowProbe } from './flow-case.ts';
import type { Observation } from './prober.ts';

const NOTHING: Observation = { answers: [], errors: ['not probed'] };

/** One paragraph about what is wrong, or undefined if all is as expected. */
export function judge(flow: FlowProbe, seen: Observation = NOTHING): string | undefined {
  const problems = problemsOf(flow, seen);
  if (problems.length === 0) return undefined;
  const { from, family, protocol, to, port, expected } = flow;
  return [
    `${from.label} (${from.ips[family]}) -> ${to} port ${port}/${protocol}: ${problems.join('; ')}`,
    `  expected: ${expectationText(expected)}`,
    `  seen: ${observationText(seen)}`,
  ].join('\n');
}

function problemsOf({ from, protocol, expected }: FlowProbe, seen: Observation): string[] {
  // The kernel tells a local UDP sender at once that its packet was dropped, and that of a REJECT is dropped too.
  const isToldAtOnce = from.place === from.node && protocol === 'UDP';
  switch (expected.kind) {
    case 'answered':
      return answerProblems(expected, seen);
    case 'rejected':
      return errorProblems(seen, isToldAtOnce ? ['ECONNREFUSED', 'EPERM'] : ['ECONNREFUSED']);
    case 'dropped':
      return errorProblems(seen, isToldAtOnce ? ['EPERM'] : ['ETIMEDOUT']);
    case 'untouched':
      if (expected.outcome === 'refused') return errorProblems(seen, ['ECONNREFUSED']);
      if (expected.outcome === 'lost') return errorProblems(seen, ['ETIMEDOUT']);
      return answerProblems({ answers: expected.outcome, isSticky: false }, seen);
  }
}

function errorProblems({ answers, errors }: Observation, allowed: readonly string[]): string[] {
  return [
    ...(answers.length > 0 ? ['answered'] : []),
    ...unique(
      errors
        .filter((error) => !allowed.includes(error))
        .map((error) => `${error} instead of ${allowed.join(' or ')}`),
    ),
  ];
}

function answerProblems(
  { answers, isSticky }: Pick<Expectation & { kind: 'answered' }, 'answers' | 'isSticky'>,
  seen: Observation,
): string[] {
  const reached = unique(seen.answers.map(({ endpoint }) => endpoint));
  return [
    ...unique(seen.errors),
    ...reached
      .filter((endpoint) => !answers.has(endpoint))
      .map((endpoint) => `${endpoint} must not be reached`),
    ...sourceProblems(answers, seen),
    ...(isSticky
      ? reached.length > 1
        ? ['does not stick to one endpoint']
        : []
      : [...answers.keys()]
          .filter((endpoint) => !reached.includes(endpoint))
          .map((endpoint) => `${endpoint} is not reached`)),
  ];
}

function sourceProblems(answers: Answers, seen: Observation): string[] {
  const wrong = seen.answers.filter(
    ({ endpoint, source }) => answers.has(endpoint) && answers.get(endpoint) !== source,
  );
  return unique(
    wrong.map(({ endpoint, source }) => `${endpoint} sees ${source}, not ${answers.get(endpoint)}`),
  );
}

function observationText({ answers, errors }: Observation): string {
  const texts = [...answers.map(({ endpoint, source }) => `${endpoint} seeing ${source}`), ...errors];
  const counts = Map.groupBy(texts, (text) => text);
  return Array.from(counts, ([text, { length }]) => `${length} × ${text}`).join(', ');
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
