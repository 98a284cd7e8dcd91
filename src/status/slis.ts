// The results of the metrics server's own health check, under /metrics/slis
// (staging/src/k8s.io/component-base/metrics/prometheus/slis).
import { Registry } from 'prom-client';
import { metricMakers } from './metric-makers.ts';

export interface Slis {
  /** The check has no way to fail: whoever could not answer it would not be asked. */
  onHealthCheck(): void;
  reset(): void;
  /** In Prometheus's text format. */
  text(): Promise<string>;
}

const CHECK = { name: 'ping', type: 'healthz' };

export function createSlis(): Slis {
  const registry = new Registry();
  const { counter, gauge } = metricMakers(registry);
  const labels = ['name', 'type'] as const;
  const last = gauge('kubernetes_healthcheck', 'The last result of a health check; 1: good.', labels);
  const results = counter('kubernetes_healthchecks_total', 'Results of health checks.', [
    ...labels,
    'status',
  ]);
  return {
    onHealthCheck: () => {
      last.set(CHECK, 1);
      results.inc({ ...CHECK, status: 'success' });
    },
    reset: () => registry.resetMetrics(),
    text: () => registry.metrics(),
  };
}
