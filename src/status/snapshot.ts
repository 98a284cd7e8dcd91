// What the daemon shows of itself: immutable, made by sync, read by logs, metrics and servers.
import type { Ip, IpFamily } from '../model/ip.ts';
import type { ObjectKey, ServicePortKey } from '../model/names.ts';

/** Everything, as it is when somebody asks. */
export interface Snapshot {
  /** Since when rules may be written; undefined while lists are incomplete or another Fairlead has the node's lock. */
  readonly runningSinceMs: number | undefined;
  readonly families: readonly FamilyStatus[];
  /** The newest that is known of our own Node; undefined while it does not exist. */
  readonly node: NodeCondition | undefined;
  readonly activity: ModelActivity;
}

export interface NodeCondition {
  readonly taintKeys: readonly string[];
  readonly isDeleting: boolean;
}

/** What the watches brought. */
export interface ModelActivity {
  /** When the newest change that gave a sync something to do arrived. */
  readonly lastChangeMs: number | undefined;
  readonly services: EventCounts;
  readonly endpointSlices: EventCounts;
}

export interface EventCounts {
  /** Puts and deletions since the start. */
  readonly received: number;
  /** Objects that differ from what the last sync took. */
  readonly pending: number;
}

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
  /** When the last good sync ended. */
  readonly lastGoodSyncMs: number | undefined;
  /** When the oldest change that is not committed arrived; undefined when all is committed. */
  readonly queuedSinceMs: number | undefined;
  /** Services that a sync has taken and not committed. */
  readonly uncommittedServices: number;
  /** Service ports whose Local policy finds no endpoint here, although there are some elsewhere. */
  readonly withoutLocalEndpoints: { readonly internal: number; readonly external: number };
  /** The same object until something in it changes. */
  readonly healthChecks: HealthChecks;
  /** How large what we wrote is: rules by table, sets, … */
  readonly kernel: { readonly [what: string]: number };
}

/** What load balancers may ask this node, as the committed plan has it. */
export interface HealthChecks {
  /** Where NodePorts are served; undefined: on all addresses. */
  readonly ips: readonly Ip[] | undefined;
  readonly services: readonly HealthCheck[];
}

export interface HealthCheck {
  readonly service: ObjectKey;
  /** `healthCheckNodePort`. */
  readonly port: number;
  /** Distinct addresses of ready endpoints on this node, over all ports of the Service. */
  readonly localEndpoints: number;
}

/** How old what a watch knows is. */
export interface WatchStatus {
  readonly resource: string;
  /** When the server last sent an object or a bookmark; undefined if it never did. */
  readonly lastHeardAtMs: number | undefined;
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

/** What a sync is made of, in this order: what the plan becomes, what the kernel has, and how it gets there. */
export const SYNC_STEPS = ['plan', 'read', 'render', 'diff', 'apply', 'commit'] as const;

export type SyncStep = (typeof SYNC_STEPS)[number];

/** How long each step took, over all attempts, with whatever else the event loop did meanwhile; none for a step not made. */
export type StepDurations = { readonly [step in SyncStep]?: number };

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
  readonly stepsMs: StepDurations;
  /** Service ports planned. */
  readonly changes: number;
  /** Written to the kernel: lines, elements, calls, as the dataplane counts them. */
  readonly operations: number;
  readonly bytes: number;
  /** Transactions that the kernel took, and those that it refused. */
  readonly writes: number;
  readonly refusals: number;
  /** What the last of the writes wrote, in the words of FamilyStatus.kernel; empty where the dataplane does not say. */
  readonly written: { readonly [what: string]: number };
  /** When what this sync committed was triggered, where EndpointSlices say it; empty for a failed sync. */
  readonly triggerTimesMs: readonly number[];
  /** Why it failed; empty otherwise. */
  readonly error: string;
}
