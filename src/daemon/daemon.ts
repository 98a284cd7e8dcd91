// The daemon: puts the parts together, starts them in order and stops them. No logic of its own.
import { allowsServiceExternalIps } from '../config/feature-gates.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { IptablesVariant } from '../dataplane/iptables/tools.ts';
import { ApiClient } from '../kube/api-client.ts';
import { EventRecorder } from '../kube/event-recorder.ts';
import { loadCredentials } from '../kube/kubeconfig.ts';
import type { Logger } from '../log/logger.ts';
import { createMetrics } from '../status/metrics.ts';
import { tellAll } from '../sync/observer.ts';
import { Sync } from '../sync/sync.ts';
import { hashSize } from '../system/conntrack-hash-size.ts';
import { type Exec, exec } from '../system/exec.ts';
import { releaseFreedMemory } from '../system/heap.ts';
import { openNetlinkSocket } from '../system/netlink/netlink-socket.ts';
import { createWatchNodeAddresses } from '../system/node-addresses.ts';
import { acquireNodeLock, type NodeLock } from '../system/node-lock.ts';
import { sysctl } from '../system/sysctl.ts';
import { systemClock } from '../util/clock.ts';
import { VERSION } from '../version.ts';
import { awaitNode } from './await-node.ts';
import { prepareConntrack } from './conntrack.ts';
import { createFlows } from './flows.ts';
import { createHealthChecks } from './health-checks.ts';
import { createIptablesKernels } from './iptables-kernels.ts';
import { NodeGuard } from './node-guard.ts';
import { pacingOf, planSettingsOf } from './plan-settings.ts';
import type { Restart } from './restart.ts';
import { healthTimeoutMs, startServers } from './servers.ts';
import { startingEvent } from './starting-event.ts';
import { createSyncMessages } from './sync-messages.ts';
import { startWatches } from './watches.ts';

export interface DaemonOptions {
  readonly loaded: LoadedConfig;
  readonly nodeName: string;
  /** Address of the API server, before the kubeconfig's; empty for none. */
  readonly master: string;
  /** undefined: found out on the node. */
  readonly iptablesVariant: IptablesVariant | undefined;
  readonly log: Logger;
  /** Ends the daemon. The rules stay. */
  readonly signal: AbortSignal;
  /** For what is decided once, at the start. */
  readonly restart: Restart;
}

const BUILD = {
  version: VERSION,
  runtime: process.version,
  // As Go names it.
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};

interface LockHolder {
  lock: NodeLock | undefined;
}

/** Runs until the signal aborts. Throws for what only an operator can put right. */
export async function runDaemon({
  loaded,
  nodeName,
  master,
  iptablesVariant,
  log,
  signal,
  restart,
}: DaemonOptions): Promise<void> {
  const { config, setFields } = loaded;
  const time = { clock: systemClock, random: Math.random };
  const fatal = new AbortController();
  const running = AbortSignal.any([signal, fatal.signal]);
  const credentials = loadCredentials({ kubeconfig: config.clientConnection.kubeconfig, master });
  const metrics = createMetrics(BUILD);
  const client = new ApiClient({
    credentials,
    userAgent: `fairlead/${VERSION}`,
    observer: metrics.requests,
  });
  const events = new EventRecorder({ client, nodeName, log, ...time });
  const shared = { config, nodeName, snapshot: () => sync.snapshot(), metrics, events, log, ...time };
  const healthChecks = createHealthChecks({
    ...shared,
    healthTimeoutMs: healthTimeoutMs(config),
    record: (note) => events.record(note),
  });

  prepareConntrack(config.conntrack, { sysctl, hashSize }, log);
  const holder: LockHolder = { lock: undefined };
  const kernels = await createIptablesKernels(iptablesVariant, { exec: execWithin(holder), log });
  const families = kernels.map(({ family }) => family);
  const flows = createFlows({ families, metrics, log, ...time });
  const sync = new Sync({
    kernels,
    settings: planSettingsOf(config, nodeName),
    pacing: pacingOf(config, setFields),
    syncPeriodMs: config.iptables.syncPeriod.ms,
    observer: tellAll([
      createSyncMessages({ log, record: (note) => events.record(note) }),
      metrics,
      flows,
      { onSync: (_, status) => healthChecks.follow(status) },
      { onSync: ({ cause }) => cause !== 'changes' && releaseFreedMemory() },
    ]),
    ...time,
  });
  const watchNodeAddresses = createWatchNodeAddresses(openNetlinkSocket);
  const needsPodCidrs = config.detectLocalMode === 'NodeCIDR';
  const guard = new NodeGuard({ nodeName, needsPodCidrs, clock: systemClock, log, restart });
  const watches = startWatches({
    client,
    nodeName,
    model: sync.model,
    allowsExternalIps: allowsServiceExternalIps(config.featureGates),
    onNode: (node) => guard.handle(node),
    watchNodeAddresses,
    log,
    signal,
    ...time,
  });
  const servers = startServers({
    ...shared,
    watches: () => watches.status(),
    onFatal: (error) => fatal.abort(error),
  });
  events.record(startingEvent(nodeName));
  try {
    await Promise.race([sync.mirrored, aborted(running)]);
    await awaitNode(guard, { config, families, log, signal: running });
    await runAsSingleWriter([sync, flows], holder, { log, signal: running });
    fatal.signal.throwIfAborted();
  } finally {
    servers.close();
    healthChecks.close();
    await Promise.all([watches.stop(), events.stop()]);
    client.close();
  }
}

/** Warms up while another Fairlead still writes, so that a rollout hands over in an instant. */
async function runAsSingleWriter(
  writers: readonly Pick<Sync, 'run'>[],
  holder: LockHolder,
  { log, signal }: Pick<DaemonOptions, 'log' | 'signal'>,
): Promise<void> {
  const onWait = () => log.info({}, 'waiting for another Fairlead on this node to end');
  holder.lock = await acquireNodeLock({ clock: systemClock, signal, onWait });
  try {
    await Promise.all(writers.map((writer) => writer.run(signal)));
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
