// kube-proxy's own metrics under their names, with their types, labels and buckets (pkg/proxy/metrics/metrics.go), so that
// dashboards, alerts and ClusterLoader2 go on as they are.
import { exponentialBuckets, type Registry } from 'prom-client';
import { byFamily, IP_FAMILY, type MetricMakers, metricMakers, seconds, showTotal } from './metric-makers.ts';
import type { FamilyStatus, Snapshot, SyncReport } from './snapshot.ts';

/** Packets that rules with nfacct have counted; undefined where the kernel has no such counter. */
export interface PacketCounts {
  readonly invalidDropped: number | undefined;
  readonly localhostNodePorts: number | undefined;
}

export interface ProxyMetrics {
  onSync(report: SyncReport): void;
  /** The health server gave an answer. */
  onHealthAnswer(endpoint: 'healthz' | 'livez', status: number): void;
  /** Takes over what is looked up when somebody scrapes. */
  refresh(snapshot: Snapshot, packets: PacketCounts): void;
}

const SYNC_BUCKETS = exponentialBuckets(0.001, 2, 15);

/** Fine up to a minute, because the objective of the SIG is stated in seconds, and coarse up to five. */
const PROGRAMMING_BUCKETS = [
  ...[0.25, 0.5],
  ...linear({ from: 1, to: 59, step: 1 }),
  ...linear({ from: 60, to: 115, step: 5 }),
  ...linear({ from: 120, to: 300, step: 30 }),
];

export function createProxyMetrics(registry: Registry): ProxyMetrics {
  const makers = metricMakers(registry);
  const syncs = syncMetrics(makers);
  const iptables = iptablesMetrics(makers);
  const state = stateMetrics(makers);
  const packets = packetMetrics(makers);
  const answers = {
    healthz: makers.counter('kubeproxy_proxy_healthz_total', 'Answers of /healthz by status code.', ['code']),
    livez: makers.counter('kubeproxy_proxy_livez_total', 'Answers of /livez by status code.', ['code']),
  };
  return {
    onSync: (report) => {
      syncs.onSync(report);
      iptables.onSync(report);
    },
    onHealthAnswer: (endpoint, status) => answers[endpoint].inc({ code: String(status) }),
    refresh: (snapshot, counts) => {
      state.refresh(snapshot);
      packets.refresh(counts);
      for (const family of snapshot.families) iptables.refresh(family);
    },
  };
}

function syncMetrics({ histogram, gauge }: MetricMakers) {
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

function iptablesMetrics({ counter, gauge }: MetricMakers) {
  const labels = ['table', 'ip_family'] as const;
  const owned = gauge(
    'kubeproxy_sync_proxy_rules_iptables_total',
    'Rules that the kernel has of ours.',
    labels,
  );
  const written = gauge(
    'kubeproxy_sync_proxy_rules_iptables_last',
    'Rules that the last sync wrote.',
    labels,
  );
  const failures = counter(
    'kubeproxy_sync_proxy_rules_iptables_restore_failures_total',
    'Restores that failed.',
    IP_FAMILY,
  );
  const partialFailures = counter(
    'kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total',
    'Restores of changes alone that failed.',
    IP_FAMILY,
  );
  const setTables = (metric: typeof owned, family: string, size: FamilyStatus['kernel']) => {
    for (const table of ['filter', 'nat'])
      metric.set({ table, ip_family: family }, size[`${table}Rules`] ?? 0);
  };
  return {
    onSync({ family, cause, refusals, written: size }: SyncReport): void {
      setTables(written, family, size);
      if (refusals === 0) return;
      failures.inc({ ip_family: family }, refusals);
      if (cause === 'changes') partialFailures.inc({ ip_family: family }, refusals);
    },
    refresh: ({ family, kernel }: FamilyStatus) => setTables(owned, family, kernel),
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

function packetMetrics({ counter }: MetricMakers) {
  const invalid = counter(
    'kubeproxy_iptables_ct_state_invalid_dropped_packets_total',
    'Packets dropped because conntrack calls them invalid.',
  );
  const localhost = counter(
    'kubeproxy_iptables_localhost_nodeports_accepted_packets_total',
    'Packets to NodePorts on the loopback.',
  );
  return {
    refresh({ invalidDropped, localhostNodePorts }: PacketCounts): void {
      showOrHide(invalid, invalidDropped);
      showOrHide(localhost, localhostNodePorts);
    },
  };
}

/** Without a counter in the kernel there is no series, as upstream: a zero would say that nothing was dropped. */
function showOrHide(metric: ReturnType<MetricMakers['counter']>, total: number | undefined): void {
  if (total === undefined) metric.remove();
  else showTotal(metric, total);
}

function linear(range: { readonly from: number; readonly to: number; readonly step: number }): number[] {
  const count = (range.to - range.from) / range.step + 1;
  return Array.from({ length: count }, (_, i) => range.from + i * range.step);
}
