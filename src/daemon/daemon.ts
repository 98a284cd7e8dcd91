// The daemon: puts the parts together, starts them in order and stops them. No logic of its own.
import type { LoadedConfig } from '../config/load-config.ts';
import type { IptablesVariant } from '../dataplane/iptables/tools.ts';
import { ApiClient } from '../kube/api-client.ts';
import { EventRecorder } from '../kube/event-recorder.ts';
import { loadCredentials } from '../kube/kubeconfig.ts';
import type { Logger } from '../log/logger.ts';
import { Sync } from '../sync/sync.ts';
import { type Exec, exec } from '../system/exec.ts';
import { openNetlinkSocket } from '../system/netlink/netlink-socket.ts';
import { createWatchNodeAddresses } from '../system/node-addresses.ts';
import { acquireNodeLock, type NodeLock } from '../system/node-lock.ts';
import { systemClock } from '../util/clock.ts';
import { VERSION } from '../version.ts';
import { createIptablesKernels } from './iptables-kernels.ts';
import { pacingOf, planSettingsOf } from './plan-settings.ts';
import { createSyncMessages } from './sync-messages.ts';
import { startWatches } from './watches.ts';

export interface DaemonOptions {
  readonly loaded: LoadedConfig;
  readonly nodeName: string;
  /** undefined: found out on the node. */
  readonly iptablesVariant: IptablesVariant | undefined;
  readonly log: Logger;
  /** Ends the daemon. The rules stay. */
  readonly signal: AbortSignal;
}

interface LockHolder {
  lock: NodeLock | undefined;
}

/** Runs until the signal aborts. Throws for what only an operator can put right. */
export async function runDaemon({
  loaded,
  nodeName,
  iptablesVariant,
  log,
  signal,
}: DaemonOptions): Promise<void> {
  const { config, setFields } = loaded;
  const time = { clock: systemClock, random: Math.random };
  const credentials = loadCredentials({ kubeconfig: config.clientConnection.kubeconfig, master: '' });
  const client = new ApiClient({ credentials, userAgent: `fairlead/${VERSION}` });
  const events = new EventRecorder({ client, nodeName, log, ...time });

  const holder: LockHolder = { lock: undefined };
  const sync = new Sync({
    kernels: await createIptablesKernels(iptablesVariant, { exec: execWithin(holder), log }),
    settings: planSettingsOf(config, nodeName),
    pacing: pacingOf(config, setFields),
    syncPeriodMs: config.iptables.syncPeriod.ms,
    observer: createSyncMessages({ log, record: (note) => events.record(note) }),
    ...time,
  });
  const watchNodeAddresses = createWatchNodeAddresses(openNetlinkSocket);
  const watches = startWatches({
    client,
    nodeName,
    model: sync.model,
    watchNodeAddresses,
    log,
    signal,
    ...time,
  });
  try {
    await syncAsSingleWriter(sync, holder, { log, signal });
  } finally {
    await Promise.all([watches.stop(), events.stop()]);
    client.close();
  }
}

/** Warms up while another Fairlead still writes, so that a rollout hands over in an instant. */
async function syncAsSingleWriter(
  sync: Sync,
  holder: LockHolder,
  { log, signal }: Pick<DaemonOptions, 'log' | 'signal'>,
): Promise<void> {
  await Promise.race([sync.mirrored, aborted(signal)]);
  const onWait = () => log.info({}, 'waiting for another Fairlead on this node to end');
  holder.lock = await acquireNodeLock({ clock: systemClock, signal, onWait });
  try {
    await sync.run(signal);
  } finally {
    holder.lock?.release();
    holder.lock = undefined;
  }
}

/** A child may outlive a killed daemon: the next one must not read the rules before it has written. */
function execWithin(holder: LockHolder): Exec {
  return (command) => exec({ ...command, holds: holder.lock?.fd });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
