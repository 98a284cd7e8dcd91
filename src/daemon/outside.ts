// How the daemon reaches the outside: the API server, Events for people, metrics for Prometheus.
import { gateStates } from '../config/feature-gates.ts';
import type { ProxyConfig } from '../config/fields.ts';
import { ApiClient } from '../kube/api-client.ts';
import { EventRecorder } from '../kube/event-recorder.ts';
import { loadCredentials } from '../kube/kubeconfig.ts';
import type { Logger } from '../log/logger.ts';
import { createMetrics, type Metrics } from '../status/metrics.ts';
import { systemClock } from '../util/clock.ts';
import type { RateLimit } from '../util/token-bucket.ts';
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
  readonly config: ProxyConfig;
  /** Address of the API server, before the kubeconfig's; empty for none. */
  readonly master: string;
  readonly nodeName: string;
  readonly log: Logger;
}

/** Opens no connection yet. Throws KubeconfigError. */
export function createOutside({ config, master, nodeName, log }: OutsideOptions): Outside {
  const { clientConnection, featureGates, mode } = config;
  const credentials = loadCredentials({ kubeconfig: clientConnection.kubeconfig, master });
  const metrics = createMetrics({ build: BUILD, mode, gates: gateStates(featureGates) });
  const client = new ApiClient({ credentials, userAgent: `fairlead/${VERSION}`, observer: metrics.requests });
  const events = new EventRecorder({
    ...{ client, nodeName, log, clock: systemClock, random: Math.random },
    limit: eventLimitOf(clientConnection),
  });
  return { client, events, metrics };
}

/** A flag can say zero, which means client-go's defaults (NewForConfig in staging/src/k8s.io/client-go). */
function eventLimitOf({ qps, burst }: ProxyConfig['clientConnection']): RateLimit {
  return { perSecond: qps || 5, burst: burst || 10 };
}
