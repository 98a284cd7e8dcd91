// The daemon: puts the parts together, starts them in order and stops them. No logic of its own.
import { isGateOn } from '../config/feature-gates.ts';
import { openNetlinkSocket } from '../system/netlink/netlink-socket.ts';
import { createWatchNodeAddresses } from '../system/node-addresses.ts';
import { systemClock } from '../util/clock.ts';
import { awaitNode } from './await-node.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { NodeGuard } from './node-guard.ts';
import { createOutside, type Outside } from './outside.ts';
import { startServers } from './servers.ts';
import { SingleWriter } from './single-writer.ts';
import { startEvents } from './start-events.ts';
import { startWatches, type Watches } from './watches.ts';
import { createWriters, type Writers } from './writers.ts';

/** Runs until the signal aborts. Throws for what only an operator can put right. */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { loaded, flags, nodeName, master, log, signal } = options;
  const { config } = loaded;
  const outside = createOutside({ config, master, nodeName, log });
  const singleWriter = new SingleWriter();
  const { sync, flows, otherMode, healthChecks, close } = await createWriters(
    options,
    outside,
    singleWriter.exec,
  );
  const guard = createNodeGuard(options);
  const watches = watch(options, outside, { sync, guard });

  const fatal = new AbortController();
  const running = AbortSignal.any([signal, fatal.signal]);
  const servers = startServers({
    ...{ config, flags, nodeName, log, clock: systemClock, ...outside },
    snapshot: () => sync.snapshot(),
    watches: () => watches.status(),
    onFatal: (error) => fatal.abort(error),
  });
  for (const event of startEvents(nodeName, loaded)) outside.events.record(event);
  try {
    await Promise.race([sync.mirrored, aborted(running)]);
    await awaitNode(guard, { config, families: sync.families, log, signal: running });
    await singleWriter.run([sync, flows, otherMode], log, running);
    fatal.signal.throwIfAborted();
  } finally {
    servers.close();
    healthChecks.close();
    close();
    await Promise.all([watches.stop(), outside.events.stop()]);
    outside.client.close();
  }
}

function createNodeGuard({ loaded, nodeName, log, restart }: DaemonOptions): NodeGuard {
  const needsPodCidrs = loaded.config.detectLocalMode === 'NodeCIDR';
  return new NodeGuard({ nodeName, needsPodCidrs, clock: systemClock, log, restart });
}

function watch(
  { loaded, nodeName, log, signal }: DaemonOptions,
  { client }: Outside,
  { sync, guard }: Pick<Writers, 'sync'> & { readonly guard: NodeGuard },
): Watches {
  return startWatches({
    ...{ client, nodeName, log, signal, clock: systemClock, random: Math.random },
    model: sync.model,
    allowsExternalIps: isGateOn('AllowServiceExternalIPs', loaded.config.featureGates),
    onNode: (node) => guard.handle(node),
    watchNodeAddresses: createWatchNodeAddresses(openNetlinkSocket),
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
