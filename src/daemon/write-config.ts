// `fairlead --write-config-to FILE`.
import type { Command } from '../cli/command.ts';
import { writeConfig } from '../config/write-config.ts';
import { start } from './start.ts';

type WriteConfigCommand = Extract<Command, { readonly kind: 'write-config' }>;

/** Returns the exit code. */
export async function writeConfigTo({ source, target }: WriteConfigCommand): Promise<number> {
  const started = start(source);
  if (!started) return 1;
  const { loaded, log } = started;
  try {
    writeConfig(loaded.config, target);
    log.notice({ file: target }, 'Wrote configuration');
    return 0;
  } catch (err) {
    log.fatal({ file: target, err }, 'cannot write the configuration');
    return 1;
  }
}
