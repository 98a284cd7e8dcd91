// kube-proxy's metrics that all its modes have, under their names, with their types, labels and buckets
// (pkg/proxy/metrics/metrics.go), so that dashboards, alerts and ClusterLoader2 go on as they are.
import type { Registry } from 'prom-client';
import type { IpFamily } from '../model/ip.ts';
import { IP_FAMILY, type MetricMakers, metricMakers, seconds, showTotal } from './metric-makers.ts';
import type { Snapshot, SyncReport } from './snapshot.ts';
import { SYNC_BUCKETS, syncMetrics } from './sync-metrics.ts';

/** A look for stale flows in the conntrack table. */
export interface FlowCheck {
  readonly family: IpFamily;
  readonly elapsedMs: number;
  readonly removed: number;
}

export interface ProxyMetrics {
  onSync(report: SyncReport): void;
  onFlowCheck(check: FlowCheck): void;
  /** The health server gave an answer. */
  onHealthAnswer(endpoint: 'healthz' | 'livez', status: number): void;
  /** Takes over what is looked up when somebody scrapes. */
  refresh(snapshot: Snapshot): void;
}

export function createProxyMetrics(registry: Registry): ProxyMetrics {
  const makers = metricMakers(registry);
  const syncs = syncMetrics(makers);
  const state = stateMetrics(makers);
  const { onFlowCheck } = flowMetrics(makers);
  const answers = {
    healthz: makers.counter('kubeproxy_proxy_healthz_total', 'Answers of /healthz by status code.', ['code']),
    livez: makers.counter('kubeproxy_proxy_livez_total', 'Answers of /livez by status code.', ['code']),
  };
  return {
    onSync: syncs.onSync,
    onFlowCheck,
    onHealthAnswer: (endpoint, status) => answers[endpoint].inc({ code: String(status) }),
    refresh: state.refresh,
  };
}

function stateMetrics({ counter, gauge }: MetricMakers) {
  const queued = gauge(
    'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
    'When a sync was last asked for.',
    IP_FAMILY,
  );
  const noLocalEndpoints = gauge(
    'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
    'Service ports whose Local policy finds no endpoint on this node, although there are some elsewhere.',
    ['traffic_policy', 'ip_family'],
  );
  const changes = (kind: string, what: string) => {
    const prefix = `kubeproxy_sync_proxy_rules_${kind}_changes`;
    const total = counter(`${prefix}_total`, `Changes of ${what} since the start.`);
    return { total, pending: gauge(`${prefix}_pending`, `Changed ${what} that no sync has taken.`) };
  };
  const services = changes('service', 'Services');
  const endpoints = changes('endpoint', 'EndpointSlices');
  return {
    refresh({ families, activity, runningSinceMs }: Snapshot): void {
      const { lastChangeMs = runningSinceMs } = activity;
      for (const { family, withoutLocalEndpoints } of families) {
        if (lastChangeMs !== undefined) queued.set({ ip_family: family }, seconds(lastChangeMs));
        for (const side of ['internal', 'external'] as const)
          noLocalEndpoints.set({ traffic_policy: side, ip_family: family }, withoutLocalEndpoints[side]);
      }
      // Each family of kube-proxy follows all Services, and the EndpointSlices of its own.
      showTotal(services.total, activity.services.received * families.length);
      services.pending.set(activity.services.pending);
      showTotal(endpoints.total, activity.endpointSlices.received);
      endpoints.pending.set(activity.endpointSlices.pending);
    },
  };
}

function flowMetrics({ counter, histogram }: MetricMakers) {
  const duration = histogram({
    name: 'kubeproxy_conntrack_reconciler_sync_duration_seconds',
    help: 'How long a look for stale flows took, the removal of what it found included.',
    labels: IP_FAMILY,
    buckets: SYNC_BUCKETS,
  });
  const removedFlows = counter(
    'kubeproxy_conntrack_reconciler_deleted_entries_total',
    'Stale flows removed.',
    IP_FAMILY,
  );
  return {
    onFlowCheck({ family, elapsedMs, removed }: FlowCheck): void {
      duration.observe({ ip_family: family }, seconds(elapsedMs));
      removedFlows.inc({ ip_family: family }, removed);
    },
  };
}
