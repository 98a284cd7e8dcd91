// Whether the rules follow the cluster, and whether load balancers should use this node
// (pkg/proxy/healthcheck/proxy_health.go). Pure.
import type { IpFamily } from '../model/ip.ts';
import type { FamilyStatus, NodeCondition, Snapshot } from './snapshot.ts';

export interface ProxyHealth {
  readonly isHealthy: boolean;
  /** The newest of the families; undefined when none runs. */
  readonly lastUpdatedMs: number | undefined;
  readonly families: readonly FamilyHealth[];
}

export interface FamilyHealth {
  readonly family: IpFamily;
  readonly isHealthy: boolean;
  readonly lastUpdatedMs: number;
}

export interface HealthTimes {
  readonly nowMs: number;
  /** So long may a change wait: twice the sync period. */
  readonly timeoutMs: number;
}

/**
 * A family is unhealthy when a change waits too long. When nothing waits it is healthy, however long ago the last sync was.
 * Before this process may write there are no families, and nothing is wrong: the lists may be long, and the Fairlead that it
 * takes over from is at work.
 */
export function proxyHealthOf({ runningSinceMs, families }: Snapshot, times: HealthTimes): ProxyHealth {
  if (runningSinceMs === undefined) return { isHealthy: true, lastUpdatedMs: undefined, families: [] };
  const healths = families.map((status) => familyHealthOf(status, runningSinceMs, times));
  return {
    isHealthy: healths.every(({ isHealthy }) => isHealthy),
    lastUpdatedMs: Math.max(...healths.map(({ lastUpdatedMs }) => lastUpdatedMs)),
    families: healths,
  };
}

function familyHealthOf(
  { family, queuedSinceMs, lastGoodSyncMs }: FamilyStatus,
  runningSinceMs: number,
  { nowMs, timeoutMs }: HealthTimes,
): FamilyHealth {
  const isHealthy =
    queuedSinceMs === undefined || nowMs - Math.max(queuedSinceMs, runningSinceMs) < timeoutMs;
  return { family, isHealthy, lastUpdatedMs: lastGoodSyncMs ?? runningSinceMs };
}

/** The cluster autoscaler is about to remove the node. */
const TO_BE_DELETED_TAINT = 'ToBeDeletedByClusterAutoscaler';

/** KEP-3836: a node that is going away should get no new connections from load balancers. */
export function isNodeEligible(node: NodeCondition | undefined): boolean {
  return node !== undefined && !node.isDeleting && !node.taintKeys.includes(TO_BE_DELETED_TAINT);
}
