// The help texts, from the table of commands.
import type { CommandFlag } from './command-flag.ts';
import type { CommandSpec } from './commands.ts';

/** All commands. */
export function generalHelp(commands: readonly CommandSpec[]): string {
  const rows = commands.map((command) => [usageOf(command), command.summary] as const);
  const help = ['fairlead help [COMMAND]', 'print this, or the flags of a command'] as const;
  return `${columns([...rows, help])}\n\nCalled as kube-proxy, or with flags only, fairlead is "fairlead run".\n`;
}

/** One command with its flags. */
export function helpOf(command: CommandSpec): string {
  const rows = command.flags.map((flag) => [flagText(flag), flag.doc] as const);
  const flags = rows.length > 0 ? `\n${columns(rows)}\n` : '';
  return `${usageOf(command)}: ${command.summary}\n${flags}`;
}

function usageOf({ words, flags }: CommandSpec): string {
  const suffix = flags.length > 0 ? ' [FLAGS]' : '';
  return `fairlead ${words.join(' ')}${suffix}`;
}

function flagText({ name, short, type }: CommandFlag): string {
  const lead = short === undefined ? '     ' : ` -${short}, `;
  return `${lead}--${name}${type === 'bool' ? '' : ` ${type}`}`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`).join('\n');
}
