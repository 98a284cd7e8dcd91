// What sync reports, as log lines for operators and Events for the owners of the objects.
import type { BaseLogger } from 'pino';
import type { EventNote } from '../kube/event-object.ts';
import { type ObjectKey, type ServicePortKey, serviceOfPort } from '../model/names.ts';
import { frontendKey } from '../plan/frontend-claims.ts';
import type { FrontendConflict } from '../plan/plan.ts';
import type { FamilyStatus, SetAsideEntry, SyncReport } from '../status/snapshot.ts';
import type { SyncObserver, Tampering } from '../sync/observer.ts';

export interface SyncMessagesOptions {
  readonly nodeName: string;
  readonly log: Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'>;
  readonly record: (note: EventNote) => void;
}

export type SyncMessages = Pick<SyncObserver, 'onSync' | 'onTampering' | 'onSetAside' | 'onConflict'>;

/** Nobody but an operator can find out who keeps changing the rules, so this many repairs are worth a hint. */
const REPAIRS_WORTH_A_HINT = 3;

export function createSyncMessages({ nodeName, log, record }: SyncMessagesOptions): SyncMessages {
  return {
    onSync: (report, status) => logSync(log, report, status),
    onTampering: (tampering) => {
      log.warn(tampering, 'somebody else changed the rules');
      record(tamperingEvent(tampering, nodeName));
    },
    onSetAside: (entry) => {
      log.warn(
        { svc: entry.key, reason: entry.reason, failures: entry.failures },
        'Service set aside, its rules were refused',
      );
      record(setAsideEvent(entry));
    },
    onConflict: (conflict) => {
      const { frontend, loser, winner } = conflict;
      log.warn(
        { svc: loser, winner, frontend: frontendKey(frontend) },
        'Service lost an address and port to another one',
      );
      record(conflictEvent(conflict));
    },
  };
}

function logSync(
  log: SyncMessagesOptions['log'],
  report: SyncReport,
  { kernel, repairs }: FamilyStatus,
): void {
  const { family, cause, outcome, error, lagMs, changes, operations, bytes } = report;
  const elapsedMs = report.endedAtMs - report.startedAtMs;
  const fields = { family, cause, elapsedMs, lagMs, changes, operations, bytes };
  if (outcome === 'failed') {
    log.error({ ...fields, error }, 'syncProxyRules failed, will retry');
    return;
  }
  // A change that means nothing to this family, as of a Service without an address of it, is not worth a line.
  const level = cause === 'changes' && outcome === 'nothing-to-do' ? 'debug' : 'info';
  log[level]({ ...fields, outcome, kernel }, 'syncProxyRules complete');
  const wasRepair = outcome === 'committed' && (cause === 'tampering' || cause === 'audit');
  if (wasRepair) log.warn({ ...fields, repairs }, 'rules were changed by somebody else, repaired them');
  if (wasRepair && repairs === REPAIRS_WORTH_A_HINT) {
    log.warn(
      { family, repairs },
      'rules keep being changed by another program: does a kube-proxy still run on this node?',
    );
  }
}

/** Without the pid, which is in the log: one Event counts what a program does again and again. */
function tamperingEvent({ family, by }: Tampering, nodeName: string): EventNote {
  return {
    regarding: { kind: 'Node', namespace: '', name: nodeName },
    type: 'Warning',
    reason: 'ServiceRulesChanged',
    action: 'SyncProxyRules',
    note: `${by?.name ?? 'somebody'} changed the ${family} rules of the service proxy on this node: they are put right`,
  };
}

function setAsideEvent({ key, reason }: SetAsideEntry): EventNote {
  return {
    regarding: referenceTo(serviceOfPort(key)),
    type: 'Warning',
    reason: 'FailedToProgramService',
    action: 'SyncProxyRules',
    note: `${portOf(key)} is not programmed on this node, the kernel refused its rules: ${reason}`,
  };
}

function conflictEvent({ frontend, loser, winner, service }: FrontendConflict): EventNote {
  return {
    regarding: referenceTo(service),
    type: 'Warning',
    reason: 'FrontendConflict',
    action: 'SyncProxyRules',
    note: `${portOf(loser)} does not get ${frontend.kind} ${frontendKey(frontend)}: ${portOf(winner)} has it`,
  };
}

export function referenceTo(service: ObjectKey): EventNote['regarding'] {
  const [namespace = '', name = ''] = service.split('/', 2);
  return { kind: 'Service', namespace, name };
}

/** For people: `shop/web:http (TCP)`. */
function portOf(key: ServicePortKey): string {
  const slash = key.lastIndexOf('/');
  return `${key.slice(0, slash)} (${key.slice(slash + 1)})`;
}
