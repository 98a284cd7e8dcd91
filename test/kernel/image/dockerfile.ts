// Reads a Dockerfile, as far as ours goes: what is not known here is an error, so that nothing is left out in silence.

export type Instruction =
  | {
      readonly kind: 'copy';
      readonly from: string | undefined;
      readonly sources: readonly string[];
      readonly target: string;
    }
  | { readonly kind: 'env'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'run'; readonly script: string }
  | { readonly kind: 'workdir'; readonly path: string };

export interface Stage {
  /** An image, as in `debian:bookworm-slim`. */
  readonly base: string;
  readonly name: string | undefined;
  readonly steps: readonly Instruction[];
  readonly entrypoint: readonly string[];
}

/** Throws for instructions and forms that it does not know. */
export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = [];
  for (const [, word = '', rest = ''] of logicalLines(text).map(
    (line) => /^(\S+)\s+(.*)$/s.exec(line) ?? [],
  )) {
    const stage = stages.at(-1);
    if (word === 'FROM') stages.push(stageFrom(rest));
    else if (!stage) throw new Error(`${word} before FROM`);
    else stages.splice(-1, 1, withInstruction(stage, word, rest));
  }
  return stages;
}

/** Without comments and empty lines; a line that ends with a backslash goes on in the next. */
function logicalLines(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  return lines.join('\n').replaceAll('\\\n', ' ').split('\n');
}

function stageFrom(rest: string): Stage {
  const [, base = '', name] = matched(/^(\S+)(?:\s+AS\s+(\S+))?$/, `FROM ${rest}`, rest);
  return { base, name, steps: [], entrypoint: [] };
}

function withInstruction(stage: Stage, word: string, rest: string): Stage {
  if (word === 'LABEL') return stage;
  if (word === 'ENTRYPOINT') return { ...stage, entrypoint: JSON.parse(rest) };
  return { ...stage, steps: [...stage.steps, step(word, rest)] };
}

function step(word: string, rest: string): Instruction {
  switch (word) {
    case 'COPY':
      return copy(rest);
    case 'ENV':
      return { kind: 'env', values: Object.fromEntries(wordsOf(rest).map((pair) => split(pair, '='))) };
    case 'RUN':
      return { kind: 'run', script: rest };
    case 'WORKDIR':
      return { kind: 'workdir', path: rest };
    default:
      throw new Error(`the tests do not know the instruction ${word}`);
  }
}

function copy(rest: string): Instruction {
  const words = wordsOf(rest);
  const flags = words.filter((word) => word.startsWith('--'));
  const [from, ...others] = flags.map((flag) => matched(/^--from=(\S+)$/, flag, flag)[1]);
  if (others.length > 0) throw new Error(`COPY ${rest}`);
  const paths = words.slice(flags.length);
  return { kind: 'copy', from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}

function matched(pattern: RegExp, what: string, text: string): RegExpExecArray {
  const match = pattern.exec(text);
  if (!match) throw new Error(`the tests do not know this form: ${what}`);
  return match;
}

function wordsOf(text: string): string[] {
  return text.trim().split(/\s+/);
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}
