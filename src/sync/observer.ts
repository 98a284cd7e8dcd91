// What sync tells the outside, which turns it into logs, metrics and Events. Called between steps; must not block or throw.
import type { Process } from '../dataplane/dataplane.ts';
import type { IpFamily } from '../model/ip.ts';
import type { FrontendConflict, PlanChange } from '../plan/plan.ts';
import type { FamilyStatus, SetAsideEntry, SyncReport } from '../status/snapshot.ts';

export interface Tampering {
  readonly family: IpFamily;
  /** undefined: the kernel does not say who. */
  readonly by: Process | undefined;
}

export interface SyncObserver {
  /** A sync begins; `onSync` ends it. */
  onSyncStart(family: IpFamily): void;
  /** The kernel has this change of the plan. A sync that has to leave Services out has several. */
  onCommit(change: PlanChange): void;
  onSync(report: SyncReport, status: FamilyStatus): void;
  /** Somebody else changed what is ours, or may have; a sync of cause `tampering` follows. */
  onTampering(tampering: Tampering): void;
  /** The kernel refused the service port, again or for the first time. */
  onSetAside(entry: SetAsideEntry): void;
  /** A service port asked for an address and port that another one has. */
  onConflict(conflict: FrontendConflict): void;
}

/** Tells all of them, in this order, what they want to know. */
export function tellAll(observers: readonly Partial<SyncObserver>[]): SyncObserver {
  return {
    onSyncStart: (family) => {
      for (const observer of observers) observer.onSyncStart?.(family);
    },
    onCommit: (change) => {
      for (const observer of observers) observer.onCommit?.(change);
    },
    onSync: (report, status) => {
      for (const observer of observers) observer.onSync?.(report, status);
    },
    onTampering: (tampering) => {
      for (const observer of observers) observer.onTampering?.(tampering);
    },
    onSetAside: (entry) => {
      for (const observer of observers) observer.onSetAside?.(entry);
    },
    onConflict: (conflict) => {
      for (const observer of observers) observer.onConflict?.(conflict);
    },
  };
}
