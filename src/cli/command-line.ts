// From the arguments and the environment to a Command. A line without a command's words is kube-proxy's.
import { basename } from 'node:path';
import { type Command, UsageError } from './command.ts';
import { COMMANDS, type CommandSpec, type Environment, RUN } from './commands.ts';
import { generalHelp, helpOf } from './help.ts';
import { parseFlags } from './parse-flags.ts';

export interface CommandLine {
  /** How the program was called: by the name of kube-proxy it has no commands. */
  readonly program: string;
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly env: Environment;
}

/** Never throws: a line that makes no sense is a `usage-error`. */
export function parseCommandLine(line: CommandLine): Command {
  try {
    return commandFrom(line);
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'usage-error', message: error.message };
    throw error;
  }
}

function commandFrom({ program, args, env }: CommandLine): Command {
  const [first] = args;
  if (basename(program) === 'kube-proxy') return commandOf(RUN, args, env);
  if (first === undefined || first === 'help' || isHelpFlag(first)) return helpFor(args.slice(1));
  if (first.startsWith('-')) return commandOf(RUN, args, env);
  const command = findCommand(args);
  return commandOf(command, args.slice(command.words.length), env);
}

function commandOf(command: CommandSpec, args: readonly string[], env: Environment): Command {
  if (args.some(isHelpFlag)) return { kind: 'help', text: helpOf(command) };
  const syntaxes = command.flags.map((flag) =>
    flag.type === 'bool' ? { ...flag, bareValue: 'true' } : flag,
  );
  try {
    const { texts, positionals } = parseFlags(args, syntaxes);
    if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals.join(' ')}"`);
    return command.toCommand(texts, env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}: see fairlead help ${command.words.join(' ')}`);
  }
}

function helpFor(words: readonly string[]): Command {
  return { kind: 'help', text: words.length > 0 ? helpOf(findCommand(words)) : generalHelp(COMMANDS) };
}

function findCommand(args: readonly string[]): CommandSpec {
  const command = COMMANDS.find(({ words }) => words.every((word, i) => word === args[i]));
  if (command) return command;
  const firstFlag = args.findIndex((arg) => arg.startsWith('-'));
  const words = firstFlag > 0 ? args.slice(0, firstFlag) : args;
  throw new UsageError(`there is no command "${words.join(' ')}": see fairlead help`);
}

function isHelpFlag(arg: string): boolean {
  return arg === '--help' || arg === '-h';
}
