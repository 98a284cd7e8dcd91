// The paths of the health server, port 10256: what load balancers, liveness and readiness probes ask.
import { jsonAnswer, routes } from './answers.ts';
import { goTime } from './go-time.ts';
import type { HttpAnswer, HttpHandler } from './http-listener.ts';
import type { Metrics } from './metrics.ts';
import { isNodeEligible, type ProxyHealth, proxyHealthOf } from './proxy-health.ts';
import type { Snapshot } from './snapshot.ts';

export interface HealthServerOptions {
  readonly snapshot: () => Snapshot;
  readonly nowMs: () => number;
  /** So long may a change wait. */
  readonly healthTimeoutMs: number;
  readonly metrics: Pick<Metrics, 'onHealthAnswer'>;
}

/**
 * `/healthz` for load balancers, `/livez` for liveness probes, both kube-proxy's; `/readyz` for readiness probes: 200 once
 * every family has had its first full sync, so that a rollout stops at the first broken node.
 */
export function healthRoutes(options: HealthServerOptions): HttpHandler {
  return routes(healthPaths(options));
}

/** What the server has, by path. */
export function healthPaths(options: HealthServerOptions): ReadonlyMap<string, HttpHandler> {
  return new Map<string, HttpHandler>([
    ['/healthz', () => counted('healthz', healthz(options), options)],
    ['/livez', () => counted('livez', livez(options), options)],
    ['/readyz', () => readyz(options.snapshot())],
  ]);
}

function healthz(options: HealthServerOptions): HttpAnswer {
  const nodeEligible = isNodeEligible(options.snapshot().node);
  const health = healthOf(options);
  return healthAnswer(health, options.nowMs(), { isGood: health.isHealthy && nodeEligible, nodeEligible });
}

function livez(options: HealthServerOptions): HttpAnswer {
  const health = healthOf(options);
  return healthAnswer(health, options.nowMs(), { isGood: health.isHealthy });
}

function healthOf({ snapshot, nowMs, healthTimeoutMs }: HealthServerOptions): ProxyHealth {
  return proxyHealthOf(snapshot(), { nowMs: nowMs(), timeoutMs: healthTimeoutMs });
}

interface Verdict {
  readonly isGood: boolean;
  /** undefined: the answer does not say. */
  readonly nodeEligible?: boolean;
}

/** `healthy` is about the proxy alone: it is true in the 503 of a node that is going away. */
function healthAnswer(health: ProxyHealth, nowMs: number, { isGood, ...node }: Verdict): HttpAnswer {
  const status = health.families.map(({ family, lastUpdatedMs, isHealthy }) => [
    family,
    { lastUpdated: goTime(lastUpdatedMs), healthy: isHealthy },
  ]);
  const body = {
    // Older kube-proxies synced all the time, so that readers take an old time for a fault.
    lastUpdated: goTime(isGood ? nowMs : health.lastUpdatedMs),
    currentTime: goTime(nowMs),
    ...node,
    healthy: health.isHealthy,
    status: Object.fromEntries(status),
  };
  return jsonAnswer(JSON.stringify(body), isGood ? 200 : 503);
}

function readyz({ families }: Snapshot): HttpAnswer {
  const isReady = families.every(({ isSynced }) => isSynced);
  const status = families.map(({ family, isSynced }) => [family, { synced: isSynced }]);
  return jsonAnswer(
    JSON.stringify({ ready: isReady, status: Object.fromEntries(status) }),
    isReady ? 200 : 503,
  );
}

function counted(
  endpoint: 'healthz' | 'livez',
  answer: HttpAnswer,
  { metrics }: HealthServerOptions,
): HttpAnswer {
  metrics.onHealthAnswer(endpoint, answer.status);
  return answer;
}
