// The daemon: puts the parts together, starts them in order and stops them. No logic of its own.
import { isGateOn } from '../config/feature-gates.ts';
import { ModelState } from '../sync/model-state.ts';
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
import { createWriters } from './writers.ts';

/** Runs until the signal aborts. Throws for what only an operator can put right. */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { loaded, nodeName, master, log } = options;
  const outside = createOutside({ config: loaded.config, master, nodeName, log });
  const model = new ModelState({ clock: systemClock });
  const guard = createNodeGuard(options);
  const watches = watch(options, outside, { model, guard });
  try {
    // Finding out what the kernel can do takes as long as a list: both at once.
    await serve(options, { outside, model, guard, watches });
  } finally {
    await Promise.all([watches.stop(), outside.events.stop()]);
    outside.client.close();
  }
}

interface Sources {
  readonly outside: Outside;
  readonly model: ModelState;
  readonly guard: NodeGuard;
  readonly watches: Watches;
}

async function serve(options: DaemonOptions, { outside, model, guard, watches }: Sources): Promise<void> {
  const { loaded, flags, nodeName, log, signal } = options;
  const { config } = loaded;
  const singleWriter = new SingleWriter();
  const { exec } = singleWriter;
  const writers = await createWriters(options, outside, { model, exec });
  const { sync, flows, otherMode, healthChecks } = writers;

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
    writers.close();
  }
}

function createNodeGuard({ loaded, nodeName, log, restart }: DaemonOptions): NodeGuard {
  const needsPodCidrs = loaded.config.detectLocalMode === 'NodeCIDR';
  return new NodeGuard({ nodeName, needsPodCidrs, clock: systemClock, log, restart });
}

function watch(
  { loaded, nodeName, log, signal }: DaemonOptions,
  { client }: Outside,
  { model, guard }: Pick<Sources, 'model' | 'guard'>,
): Watches {
  return startWatches({
    ...{ client, nodeName, log, signal, clock: systemClock, random: Math.random },
    model,
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
