// What writes to the node's kernel, and who is told of it: sync, the flows that follow it, and the servers that show it.
import { modeSectionOf } from '../config/mode-section.ts';
import type { HealthCheckServers } from '../status/health-check-servers.ts';
import type { ModelState } from '../sync/model-state.ts';
import { tellAll } from '../sync/observer.ts';
import { Sync } from '../sync/sync.ts';
import { hashSize } from '../system/conntrack-hash-size.ts';
import type { Exec } from '../system/exec.ts';
import { compactHeapWhenIdle } from '../system/heap.ts';
import { sysctl } from '../system/sysctl.ts';
import { systemClock } from '../util/clock.ts';
import { prepareConntrack, readOnlySysEvent } from './conntrack.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { createFlows, type Flows } from './flows.ts';
import { createHealthChecks } from './health-checks.ts';
import { createKernels } from './kernels.ts';
import { removerFor } from './leftovers.ts';
import { createOtherMode, type OtherMode } from './other-mode.ts';
import type { Outside } from './outside.ts';
import { pacingOf, planSettingsOf } from './plan-settings.ts';
import { createRouteLocalnet } from './route-localnet.ts';
import { healthTimeoutMs } from './servers.ts';
import { createSyncMessages } from './sync-messages.ts';

export interface Writers {
  readonly sync: Sync;
  readonly flows: Flows;
  readonly otherMode: OtherMode;
  readonly healthChecks: HealthCheckServers;
  /** Once they have ended. */
  close(): void;
}

interface WritersDeps {
  readonly model: ModelState;
  readonly exec: Exec;
}

/** Prepares the kernel; writes no rule yet. */
export async function createWriters(
  { loaded, nodeName, iptablesVariant, affinityClients, log }: DaemonOptions,
  { events, metrics }: Pick<Outside, 'events' | 'metrics'>,
  { model, exec }: WritersDeps,
): Promise<Writers> {
  const { config, setFields } = loaded;
  const common = { log, clock: systemClock, random: Math.random };
  const notSet = prepareConntrack(config.conntrack, { sysctl, hashSize }, log);
  const sysEvent = readOnlySysEvent(nodeName, notSet);
  if (sysEvent) events.record(sysEvent);
  const choices = { mode: config.mode, iptablesVariant, affinityClients };
  const { kernels, close } = await createKernels({ ...choices, exec, log });
  const families = kernels.map(({ family }) => family);
  const flows = createFlows({ families, metrics, ...common });
  const otherMode = createOtherMode({ families, remove: removerFor(config.mode, exec), ...common });
  const record = events.record.bind(events);
  const sync: Sync = new Sync({
    model,
    kernels,
    settings: planSettingsOf(config, nodeName),
    pacing: pacingOf(config, setFields),
    syncPeriodMs: modeSectionOf(config).syncPeriod.ms,
    observer: tellAll([
      createSyncMessages({ nodeName, log, record }),
      metrics,
      flows,
      otherMode,
      config.mode === 'nftables' ? createRouteLocalnet({ sysctl, log }) : {},
      { onSync: (_, status) => healthChecks.follow(status) },
      { onSync: ({ cause }) => cause === 'start' && hasStarted() && compactHeapWhenIdle() },
    ]),
    ...common,
  });
  const snapshot = () => sync.snapshot();
  const hasStarted = () => snapshot().families.every(({ isSynced }) => isSynced);
  const healthChecks = createHealthChecks({
    ...{ nodeName, snapshot, record, healthTimeoutMs: healthTimeoutMs(config) },
    ...common,
  });
  return { sync, flows, otherMode, healthChecks, close };
}
