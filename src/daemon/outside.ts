// How the daemon reaches the outside: the API server, Events for people, metrics for Prometheus.
import { ApiClient } from '../kube/api-client.ts';
import { EventRecorder } from '../kube/event-recorder.ts';
import { loadCredentials } from '../kube/kubeconfig.ts';
import type { Logger } from '../log/logger.ts';
import { createMetrics, type Metrics } from '../status/metrics.ts';
import { systemClock } from '../util/clock.ts';
import { VERSION } from '../version.ts';

export interface Outside {
  readonly client: ApiClient;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
}

const BUILD = {
  version: VERSION,
  runtime: process.version,
  // As Go names it.
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};

export interface OutsideOptions {
  readonly kubeconfig: string;
  readonly master: string;
  readonly nodeName: string;
  readonly log: Logger;
}

/** Opens no connection yet. Throws KubeconfigError. */
export function createOutside({ kubeconfig, master, nodeName, log }: OutsideOptions): Outside {
  const credentials = loadCredentials({ kubeconfig, master });
  const metrics = createMetrics(BUILD);
  const client = new ApiClient({ credentials, userAgent: `fairlead/${VERSION}`, observer: metrics.requests });
  const events = new EventRecorder({ client, nodeName, log, clock: systemClock, random: Math.random });
  return { client, events, metrics };
}
