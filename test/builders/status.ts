// What the daemon shows of itself, for tests: everything has a harmless default.
import type { FamilyStatus, Snapshot, SyncReport } from '../../src/status/snapshot.ts';

/** One committed change of IPv4 that took 12 ms. */
export function aReport(fields: Partial<SyncReport> = {}): SyncReport {
  return {
    family: 'IPv4',
    cause: 'changes',
    outcome: 'committed',
    startedAtMs: 1_000,
    endedAtMs: 1_012,
    lagMs: 15,
    stepsMs: { plan: 2, render: 1, diff: 1, apply: 7, commit: 1 },
    changes: 1,
    operations: 2,
    bytes: 300,
    writes: 1,
    refusals: 0,
    written: {},
    triggerTimesMs: [],
    error: '',
    ...fields,
  };
}

/** IPv4, synced, nothing queued. */
export function aFamilyStatus(fields: Partial<FamilyStatus> = {}): FamilyStatus {
  return {
    family: 'IPv4',
    isSynced: true,
    servicePorts: 1,
    failuresInRow: 0,
    repairs: 0,
    setAside: [],
    lastSync: undefined,
    lastGoodSyncMs: undefined,
    queuedSinceMs: undefined,
    uncommittedServices: 0,
    withoutLocalEndpoints: { internal: 0, external: 0 },
    healthChecks: { ips: undefined, services: [] },
    kernel: { natRules: 10 },
    ...fields,
  };
}

/** Both families run, and the Node is there. */
export function aSnapshot(fields: Partial<Snapshot> = {}): Snapshot {
  return {
    runningSinceMs: 0,
    families: [aFamilyStatus(), aFamilyStatus({ family: 'IPv6' })],
    node: { taintKeys: [], isDeleting: false },
    activity: {
      lastChangeMs: undefined,
      services: { received: 0, pending: 0 },
      endpointSlices: { received: 0, pending: 0 },
    },
    ...fields,
  };
}
