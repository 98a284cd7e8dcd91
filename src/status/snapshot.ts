// What the daemon shows of itself: immutable, made by sync after each step, read by logs, metrics and servers.
import type { IpFamily } from '../model/ip.ts';
import type { ServicePortKey } from '../model/names.ts';

export interface FamilyStatus {
  readonly family: IpFamily;
  /** The first full sync is done: the kernel does what the plan says. */
  readonly isSynced: boolean;
  readonly servicePorts: number;
  /** Failed syncs since the last good one. */
  readonly failuresInRow: number;
  /** How often something that others changed was put right, since the start. */
  readonly repairs: number;
  readonly setAside: readonly SetAsideEntry[];
  readonly lastSync: SyncReport | undefined;
  /** How large what we wrote is: rules by table, sets, … */
  readonly kernel: { readonly [what: string]: number };
}

/** A service port that the kernel refuses. */
export interface SetAsideEntry {
  readonly key: ServicePortKey;
  /** The kernel's or the tool's words. */
  readonly reason: string;
  readonly sinceMs: number;
  readonly failures: number;
  readonly nextTryMs: number;
}

/** Why a sync was made. */
export type SyncCause = 'start' | 'changes' | 'tampering' | 'audit';

export interface SyncReport {
  readonly family: IpFamily;
  readonly cause: SyncCause;
  readonly outcome: 'committed' | 'nothing-to-do' | 'failed';
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** From the arrival of the oldest change to its commit; 0 when the sync followed no change. */
  readonly lagMs: number;
  /** Service ports planned. */
  readonly changes: number;
  /** Written to the kernel: lines, elements, calls, as the dataplane counts them. */
  readonly operations: number;
  readonly bytes: number;
  /** Why it failed; empty otherwise. */
  readonly error: string;
}
