// Ends the daemon when its configuration file says something else than it runs with.

import { changedFields } from '../config/changed-fields.ts';
import { ConfigError } from '../config/config-error.ts';
import { type ConfigSource, type LoadedConfig, parseConfig } from '../config/load-config.ts';
import { watchFile } from '../config/watch-file.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../util/clock.ts';
import type { Restart } from './restart.ts';

export interface FollowOptions {
  readonly source: ConfigSource;
  readonly running: LoadedConfig;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly signal: AbortSignal;
  readonly restart: Restart;
}

/** Does nothing where there is no file. */
export function followConfigFile({ source, clock, log, signal, ...rest }: FollowOptions): void {
  const { file } = source;
  if (file === undefined) return;
  watchFile({
    file,
    clock,
    signal,
    onContent: (text) => consider(text, { source: { ...source, file }, log, ...rest }),
    onError: (err) =>
      log.warn({ file, err }, 'the configuration file cannot be watched, it is read now and then'),
  });
}

type Considering = Pick<FollowOptions, 'running' | 'log' | 'restart'> & {
  readonly source: ConfigSource & { readonly file: string };
};

/** A file that cannot be used ends nothing: a proxy with yesterday's configuration is better than none. */
function consider(text: string, { source, running, log, restart }: Considering): void {
  const { file } = source;
  try {
    const changes = changedFields(running, parseConfig(text, source));
    if (changes.length > 0) restart('the configuration file changed', { file, changes });
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err;
    log.error({ file, err }, 'the changed configuration file cannot be used, going on as before');
  }
}
