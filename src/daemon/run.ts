// `fairlead run`: reads the configuration, opens the log, and runs the daemon until it is told to stop.
import { hostname } from 'node:os';
import type { Command } from '../cli/command.ts';
import { nodeNameOf } from '../config/node-name.ts';
import { keepHeapSmall } from '../system/heap.ts';
import { setOomScoreAdj } from '../system/oom-score.ts';
import { systemClock } from '../util/clock.ts';
import { VERSION } from '../version.ts';
import { runDaemon } from './daemon.ts';
import { followConfigFile } from './follow-config-file.ts';
import { createLife } from './restart.ts';
import { type Started, start } from './start.ts';
import { defaultedModeWarning } from './start-events.ts';

type RunCommand = Extract<Command, { readonly kind: 'run' }>;

/**
 * Returns the exit code: 0 when the signal ended it, 1 for what only an operator can put right, and 1 when something changed
 * that takes a new start, as kube-proxy does: whatever supervises it starts it again then, a unit of systemd with
 * Restart=on-failure too.
 */
export async function run(command: RunCommand, signal: AbortSignal): Promise<number> {
  keepHeapSmall();
  const started = start(command.source);
  if (!started) return 1;
  const { hostnameOverride } = started.loaded.config;
  const nodeName = nodeNameOf(hostnameOverride, hostname());
  if (!nodeName) {
    started.log.fatal({ hostnameOverride }, 'the name of the node is empty: set hostnameOverride');
    return 1;
  }
  return runOnNode(command, { ...started, nodeName, stop: signal });
}

interface OnNode extends Started {
  readonly nodeName: string;
  readonly stop: AbortSignal;
}

async function runOnNode(command: RunCommand, { loaded, log, nodeName, stop }: OnNode): Promise<number> {
  const { source, master, iptablesVariant, affinityClients } = command;
  // Whatever ends the daemon ends what was started beside it: the watch of a file would keep the process.
  const over = new AbortController();
  const life = createLife(AbortSignal.any([stop, over.signal]), log);
  try {
    log.notice({ version: VERSION, node: nodeName, mode: loaded.config.mode }, 'Starting Fairlead');
    const warning = defaultedModeWarning(loaded);
    if (warning) log.warn({ warning }, 'configuration tolerated');
    followConfigFile({ source, running: loaded, clock: systemClock, log, ...life });
    adjustOomScore(loaded.config.oomScoreAdj, log);
    const choices = { iptablesVariant, affinityClients };
    await runDaemon({ loaded, flags: source.flags, nodeName, master, ...choices, log, ...life });
    log.notice({}, 'Fairlead ends, the rules stay');
    return life.wantsRestart() ? 1 : 0;
  } catch (error) {
    log.fatal({ err: error }, 'Fairlead cannot run');
    return 1;
  } finally {
    over.abort();
  }
}

/** Without it the daemon is killed before others when memory runs out, so that it is worth a warning and no more. */
function adjustOomScore(value: number, log: Started['log']): void {
  try {
    setOomScoreAdj(value);
  } catch (err) {
    log.warn({ err }, 'the OOM score stays as it was');
  }
}
