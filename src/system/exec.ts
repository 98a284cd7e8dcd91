// Runs other programs: the only place that spawns. Every child has a deadline, a bounded output and no shell.
import { execa } from 'execa';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Written to standard input piece by piece, as the child takes it. */
  readonly input?: Iterable<string>;
  /** Added to the daemon's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** A descriptor that the child has open as long as it runs. */
  readonly holds?: number | undefined;
}

export interface CommandResult {
  /** undefined when the child did not exit by itself: not found, killed by the deadline or a signal. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. Never throws for what the command does: a missing program is a result too. */
export type Exec = (command: Command) => Promise<CommandResult>;

/** iptables-save of 100,000 rules prints about 15 MB. */
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;

export const exec: Exec = async ({ file, args, input, env, timeoutMs, holds }) => {
  const result = await execa(file, args, {
    stdio: [
      // An iterator, because execa takes an array for a list of several inputs.
      input ? Iterator.from(input) : 'ignore',
      'pipe',
      'pipe',
      // Its types know 3 to 9, Node takes any.
      ...(holds === undefined ? [] : [holds as 3]),
    ],
    ...(env ? { env } : {}),
    timeout: timeoutMs,
    forceKillAfterDelay: 1_000,
    maxBuffer: MAX_OUTPUT_BYTES,
    reject: false,
    stripFinalNewline: false,
  });
  return {
    exitCode: result.exitCode,
    stdout: String(result.stdout ?? ''),
    stderr:
      result.exitCode === undefined
        ? `${result.stderr ?? ''}${result.shortMessage}`
        : String(result.stderr ?? ''),
  };
};
