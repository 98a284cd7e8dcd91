// Programs on a bed's node.
import type { Bed } from './bed.ts';

/** Runs a program on the node and returns what it prints. Throws when it fails. */
export async function runOn(
  { node }: Bed,
  [file = '', ...args]: readonly string[],
  input?: string,
): Promise<string> {
  const result = await node.exec(file, args, input === undefined ? {} : { input });
  if (result.exitCode !== 0) throw new Error(`${file} ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}
