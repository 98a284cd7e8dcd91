// The health-check NodePorts: servers that follow each commit, and Events for those that cannot listen.
import type { EventNote } from '../kube/event-object.ts';
import type { Logger } from '../log/logger.ts';
import { HealthCheckServers, type ListenProblem } from '../status/health-check-servers.ts';
import { proxyHealthOf } from '../status/proxy-health.ts';
import type { Snapshot } from '../status/snapshot.ts';
import type { Clock } from '../util/clock.ts';
import { referenceTo } from './sync-messages.ts';

export interface HealthChecksOptions {
  readonly nodeName: string;
  readonly snapshot: () => Snapshot;
  readonly healthTimeoutMs: number;
  readonly record: (note: EventNote) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createHealthChecks(options: HealthChecksOptions): HealthCheckServers {
  const { nodeName, snapshot, healthTimeoutMs: timeoutMs, record, clock, log } = options;
  return new HealthCheckServers({
    isProxyHealthy: () => proxyHealthOf(snapshot(), { nowMs: clock.nowMs(), timeoutMs }).isHealthy,
    onError: (problem) => {
      const { service: svc, ip, port, error: err } = problem;
      log.warn({ svc, ip, port, err }, 'healthCheckNodePort cannot be listened on, will retry');
      record(listenEvent(problem, nodeName));
    },
    clock,
    log,
  });
}

/** pkg/proxy/healthcheck/service_health.go has the reason and the action. */
function listenEvent({ service, ip, port, error }: ListenProblem, nodeName: string): EventNote {
  return {
    regarding: referenceTo(service),
    type: 'Warning',
    reason: 'FailedToStartServiceHealthcheck',
    action: 'Listen',
    note: `node ${nodeName} cannot listen on healthCheckNodePort ${port} of ${ip}: ${error.message}`,
  };
}
