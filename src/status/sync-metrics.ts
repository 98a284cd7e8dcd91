// kube-proxy's metrics of single syncs, fed by sync's reports.
import { exponentialBuckets } from 'prom-client';
import { byFamily, IP_FAMILY, type MetricMakers, seconds } from './metric-makers.ts';
import type { SyncReport } from './snapshot.ts';

export const SYNC_BUCKETS = exponentialBuckets(0.001, 2, 15);

/** Fine up to a minute, because the objective of the SIG is stated in seconds, and coarse up to five. */
const PROGRAMMING_BUCKETS = [
  ...[0.25, 0.5],
  ...linear({ from: 1, to: 59, step: 1 }),
  ...linear({ from: 60, to: 115, step: 5 }),
  ...linear({ from: 120, to: 300, step: 30 }),
];

export function syncMetrics({ histogram, gauge }: MetricMakers) {
  const durations = (kind: string, help: string) => {
    const name = `kubeproxy_sync_${kind}proxy_rules_duration_seconds`;
    const metric = histogram({ name, help, labels: IP_FAMILY, buckets: SYNC_BUCKETS });
    return byFamily((family) => metric.labels(family));
  };
  const all = durations('', 'How long a sync took, failed ones too.');
  const full = durations('full_', 'How long a sync took that compared everything with the kernel.');
  const partial = durations('partial_', 'How long a sync took that wrote only what had changed.');
  const last = gauge(
    'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    'When the last good sync ended.',
    IP_FAMILY,
  );
  const programming = histogram({
    name: 'kubeproxy_network_programming_duration_seconds',
    help: 'From the change of a Pod or Service, as its EndpointSlice tells it, to the rules that follow it.',
    labels: IP_FAMILY,
    buckets: PROGRAMMING_BUCKETS,
  });
  return {
    onSync({ family, cause, outcome, startedAtMs, endedAtMs, triggerTimesMs }: SyncReport): void {
      const elapsed = seconds(endedAtMs - startedAtMs);
      all[family].observe(elapsed);
      (cause === 'changes' ? partial : full)[family].observe(elapsed);
      if (outcome !== 'failed') last.set({ ip_family: family }, seconds(endedAtMs));
      // The clocks of two machines are compared.
      for (const atMs of triggerTimesMs)
        programming.observe({ ip_family: family }, seconds(Math.max(0, endedAtMs - atMs)));
    },
  };
}

function linear(range: { readonly from: number; readonly to: number; readonly step: number }): number[] {
  const count = (range.to - range.from) / range.step + 1;
  return Array.from({ length: count }, (_, i) => range.from + i * range.step);
}
