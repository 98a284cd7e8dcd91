// From the arguments and the environment to a Command.
import { parseArgs } from 'node:util';
import { type Command, UsageError } from './command.ts';
import { COMMANDS, type CommandSpec, type Environment, type FlagValues } from './commands.ts';
import { generalHelp, helpOf } from './help.ts';

export interface CommandLine {
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly env: Environment;
}

/** Never throws: a line that makes no sense is a `usage-error`. */
export function parseCommandLine({ args, env }: CommandLine): Command {
  try {
    return commandFrom(args, env);
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'usage-error', message: error.message };
    throw error;
  }
}

function commandFrom(args: readonly string[], env: Environment): Command {
  const [first] = args;
  if (first === undefined || first === 'help' || isHelpFlag(first)) return helpFor(args.slice(1));
  if (first === '--version') return { kind: 'version' };
  const command = findCommand(args);
  const flags = args.slice(command.words.length);
  if (flags.some(isHelpFlag)) return { kind: 'help', text: helpOf(command) };
  return command.toCommand(parseFlags(command, flags), env);
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

function parseFlags({ words, flags }: CommandSpec, args: readonly string[]): FlagValues {
  const options = Object.entries(flags).map(([name, { short, value }]) => {
    const type = value === undefined ? ('boolean' as const) : ('string' as const);
    return [name, { type, ...(short !== undefined && { short }) }] as const;
  });
  try {
    return parseArgs({ args: args.map(asLongForm), options: Object.fromEntries(options) }).values;
  } catch (error) {
    // parseArgs goes on with advice about arguments that begin with a dash.
    const [reason] = error instanceof Error ? error.message.split(/\. /) : [String(error)];
    throw new UsageError(`${reason}: see fairlead help ${words.join(' ')}`);
  }
}

/** Go's flags allow `-v=2`, where parseArgs would take `=2` for the value. */
function asLongForm(arg: string): string {
  return arg.replace(/^-(\w)=/, '--$1=');
}

function isHelpFlag(arg: string): boolean {
  return arg === '--help' || arg === '-h';
}
