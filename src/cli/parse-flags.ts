// Reads flags as Go's pflag does: `--name value`, `--name=value`, `-v4`, `-v 4`, `-v=4`, `--` before what is no flag. A flag may be
// repeated. `--feature_gates` is `--feature-gates` (WordSepNormalizeFunc in component-base).
import { UsageError } from './command.ts';

export interface FlagSyntax {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  /** What the flag means without `=value`; it never takes the next argument then. */
  readonly bareValue?: string;
}

export interface ParsedFlags {
  /** In the order in which they were given, by the full name. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
}

/** Throws UsageError. */
export function parseFlags(args: readonly string[], syntaxes: readonly FlagSyntax[]): ParsedFlags {
  const texts = new Map<string, string[]>();
  const positionals: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') positionals.push(...rest.splice(0));
    else if (arg.length < 2 || !arg.startsWith('-')) positionals.push(arg);
    else {
      const { syntax, given } = readFlag(arg, syntaxes);
      const value = given ?? syntax.bareValue ?? rest.shift();
      if (value === undefined) throw new UsageError(`flag ${arg} needs a value`);
      texts.set(syntax.name, [...(texts.get(syntax.name) ?? []), value]);
    }
  }
  return { texts, positionals };
}

interface FlagInArgument {
  readonly syntax: FlagSyntax;
  /** undefined: the value is not in this argument. */
  readonly given: string | undefined;
}

function readFlag(arg: string, syntaxes: readonly FlagSyntax[]): FlagInArgument {
  const equals = arg.indexOf('=');
  const [head, given] = equals < 0 ? [arg, undefined] : [arg.slice(0, equals), arg.slice(equals + 1)];
  const name = head.slice(2).replaceAll('_', '-');
  const syntax = head.startsWith('--')
    ? syntaxes.find((candidate) => candidate.name === name)
    : syntaxes.find(({ short }) => short === arg[1]);
  if (!syntax) throw new UsageError(`unknown flag ${head}`);
  if (head.startsWith('--')) return { syntax, given };
  const attached = arg.slice(2).replace(/^=/, '');
  return { syntax, given: arg.length > 2 ? attached : undefined };
}
