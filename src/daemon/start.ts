// What every command begins with that reads the configuration: reading it, telling what is wrong with it, and opening the log.
import { ConfigError } from '../config/config-error.ts';
import { type ConfigSource, type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { createLogger, type Logger, standardError } from '../log/logger.ts';

export interface Started {
  readonly loaded: LoadedConfig;
  readonly log: Logger;
}

/** undefined when the configuration cannot be used; why has been printed then. */
export function start(source: ConfigSource): Started | undefined {
  const loaded = load(source);
  if (!loaded) return undefined;
  const { format, verbosity } = loaded.config.logging;
  const log = createLogger({ format, verbosity, destination: standardError() });
  for (const warning of loaded.warnings) log.warn({ warning }, 'configuration tolerated');
  return { loaded, log };
}

function load(source: ConfigSource): LoadedConfig | undefined {
  try {
    return loadConfig(source);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return undefined;
  }
}
