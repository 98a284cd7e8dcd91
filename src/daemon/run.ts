// `fairlead run`: reads the configuration, opens the log, and runs the daemon until it is told to stop.
import { hostname } from 'node:os';
import type { Command } from '../cli/command.ts';
import { ConfigError } from '../config/config-error.ts';
import { type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { nodeNameOf } from '../config/node-name.ts';
import { createLogger, type Logger, standardError } from '../log/logger.ts';
import { VERSION } from '../version.ts';
import { runDaemon } from './daemon.ts';

type RunCommand = Extract<Command, { readonly kind: 'run' }>;

/** Returns the exit code: 0 when the signal ended it, 1 for what only an operator can put right. */
export async function run(command: RunCommand, signal: AbortSignal): Promise<number> {
  const loaded = load(command.configFile);
  if (!loaded) return 1;
  const { config, warnings } = loaded;
  const verbosity = command.verbosity ?? config.logging.verbosity;
  const log = createLogger({ format: config.logging.format, verbosity, destination: standardError() });
  for (const warning of warnings) log.warn({ warning }, 'configuration tolerated');
  return runLogged(command, { loaded, log, signal });
}

interface Running {
  readonly loaded: LoadedConfig;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

async function runLogged(command: RunCommand, { loaded, log, signal }: Running): Promise<number> {
  const { hostnameOverride: flag, iptablesVariant } = command;
  const { hostnameOverride } = loaded.config;
  const nodeName = nodeNameOf({ flag, hostnameOverride, hostname: hostname() });
  if (!nodeName) {
    log.fatal({ flag, hostnameOverride }, 'the name of the node is empty: set hostnameOverride');
    return 1;
  }
  try {
    log.notice({ version: VERSION, node: nodeName, mode: loaded.config.mode }, 'Starting Fairlead');
    await runDaemon({ loaded, nodeName, iptablesVariant, log, signal });
    log.notice({}, 'Fairlead ends, the rules stay');
    return 0;
  } catch (error) {
    log.fatal({ err: error }, 'Fairlead cannot run');
    return 1;
  }
}

function load(file: string): LoadedConfig | undefined {
  try {
    return loadConfig({ file, flags: new Map() });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return undefined;
  }
}
