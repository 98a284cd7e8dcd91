// Network namespaces of the bench's own, removed however it ends. Nothing is measured, or written, outside of them.
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reaper } from '../../../src/lab/wires/reaper.ts';
import { type Command, type Exec, exec } from '../../../src/system/exec.ts';

export interface Netns {
  readonly name: string;
  /** Runs a program in the namespace. */
  readonly exec: Exec;
  /** The same, and throws when the program fails. Returns what it prints. */
  readonly run: (file: string, args: readonly string[], input?: Command['input']) => Promise<string>;
  /** What programs in the namespace need beside the environment: a lock of iptables that nobody else waits for. */
  readonly env: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
}

/** A full restore of kube-proxy's shape into the nft variant takes minutes. */
const TIMEOUT_MS = 30 * 60_000;

export class NetnsFactory {
  readonly #prefix = `fairlead-bench-${randomBytes(3).toString('hex')}-`;
  /** For files that go with the namespaces. */
  readonly directory = mkdtempSync(join(tmpdir(), this.#prefix));
  readonly #reaper = new Reaper(this.#prefix, this.directory);
  #created = 0;

  /** A namespace in which the loopback link is up and the counters that rules refer to exist. */
  async create(): Promise<Netns> {
    const name = `${this.#prefix}${++this.#created}`;
    await runOrThrow(exec, 'ip', ['netns', 'add', name]);
    const netns = this.#netns(name);
    await netns.run('ip', ['link', 'set', 'lo', 'up']);
    for (const counter of ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'])
      await netns.run('nfacct', ['add', counter]);
    return netns;
  }

  /** Removes everything. */
  close(): Promise<void> {
    return this.#reaper.close();
  }

  #netns(name: string): Netns {
    const env = { XTABLES_LOCKFILE: join(this.directory, `${name}.lock`) };
    const execInside: Exec = (command) =>
      exec({
        ...command,
        file: 'ip',
        args: ['netns', 'exec', name, command.file, ...command.args],
        env: { ...command.env, ...env },
        timeoutMs: TIMEOUT_MS,
      });
    return {
      ...{ name, env },
      exec: execInside,
      run: (file, args, input) => runOrThrow(execInside, file, args, input),
      remove: async () => void (await runOrThrow(exec, 'ip', ['netns', 'del', name])),
    };
  }
}

async function runOrThrow(
  execute: Exec,
  file: string,
  args: readonly string[],
  input?: Command['input'],
): Promise<string> {
  const result = await execute({ file, args, ...(input ? { input } : {}), timeoutMs: TIMEOUT_MS });
  if (result.exitCode !== 0) throw new Error(`${file} ${args.join(' ')} failed: ${result.stderr}`);
  return result.stdout;
}
