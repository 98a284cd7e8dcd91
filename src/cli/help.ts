// The help texts, from the table of commands.
import type { CommandSpec, Flag } from './commands.ts';

/** All commands. */
export function generalHelp(commands: readonly CommandSpec[]): string {
  const rows = commands.map((command) => [usageOf(command), command.summary] as const);
  const help = ['fairlead help [COMMAND]', 'print this, or the flags of a command'] as const;
  return `${columns([...rows, help])}\n`;
}

/** One command with its flags. */
export function helpOf(command: CommandSpec): string {
  const rows = Object.entries(command.flags).map(
    ([name, flag]) => [`  ${flagText(name, flag)}`, flag.doc] as const,
  );
  const flags = rows.length > 0 ? `\n${columns(rows)}\n` : '';
  return `${usageOf(command)}: ${command.summary}\n${flags}`;
}

function usageOf({ words, flags }: CommandSpec): string {
  const suffix = Object.keys(flags).length > 0 ? ' [FLAGS]' : '';
  return `fairlead ${words.join(' ')}${suffix}`;
}

function flagText(name: string, { value }: Flag): string {
  const dashes = name.length === 1 ? '-' : '--';
  return value === undefined ? `${dashes}${name}` : `${dashes}${name} ${value}`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`).join('\n');
}
