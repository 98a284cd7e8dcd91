// client-go's metrics of requests to the API server (staging/src/k8s.io/component-base/metrics/prometheus/restclient).
import type { Registry } from 'prom-client';
import { metricMakers, seconds } from './metric-makers.ts';

/** A request to the API server when its answer begins, or when there is none. */
export interface BegunRequest {
  readonly method: string;
  readonly host: string;
  /** undefined: no answer came. */
  readonly status: number | undefined;
}

/** A request that is no watch, when its answer has ended. */
export interface EndedRequest {
  readonly method: string;
  readonly host: string;
  readonly elapsedMs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface RequestMetrics {
  onBegun(request: BegunRequest): void;
  onEnded(request: EndedRequest): void;
}

const DURATION_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const SIZE_BUCKETS = [64, 256, 512, ...[1, 4, 16, 64, 256, 1_024, 4_096, 16_384].map((kib) => kib * 1_024)];

export function createRequestMetrics(registry: Registry): RequestMetrics {
  const { counter, histogram } = metricMakers(registry);
  const labels = ['verb', 'host'] as const;
  const requests = counter(
    'rest_client_requests_total',
    'Requests to the API server by status code; <error>: no answer came.',
    ['code', 'method', 'host'],
  );
  const duration = histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'From a request to the end of its answer, watches left out.',
    labels,
    buckets: DURATION_BUCKETS,
  });
  const sizes = (what: string) =>
    histogram({
      name: `rest_client_${what}_size_bytes`,
      help: `Size of the body of a ${what}, watches left out.`,
      labels,
      buckets: SIZE_BUCKETS,
    });
  const [requestSize, responseSize] = [sizes('request'), sizes('response')];
  return {
    onBegun: ({ method, host, status }) =>
      requests.inc({ code: status === undefined ? '<error>' : String(status), method, host }),
    onEnded: ({ method, host, elapsedMs, sentBytes, receivedBytes }) => {
      const who = { verb: method, host };
      duration.observe(who, seconds(elapsedMs));
      requestSize.observe(who, sentBytes);
      responseSize.observe(who, receivedBytes);
    },
  };
}
