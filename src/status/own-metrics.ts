// What Fairlead says beyond kube-proxy's metrics.
import type { Registry } from 'prom-client';
import type { IpFamily } from '../model/ip.ts';
import type { LoopLag } from './loop-lag.ts';
import { byFamily, FAMILIES, IP_FAMILY, type MetricMakers, metricMakers, seconds } from './metric-makers.ts';
import type { FamilyStatus, Snapshot, SyncReport, WatchStatus } from './snapshot.ts';
import { stepMetrics } from './step-metrics.ts';

/** Clients whose endpoint is remembered for session affinity; none where nobody can tell. */
export type ClientCounts = { readonly [family in IpFamily]?: number };

export interface OwnMetrics {
  onSync(report: SyncReport): void;
  refresh(current: {
    readonly snapshot: Snapshot;
    readonly watches: readonly WatchStatus[];
    readonly clients: ClientCounts;
    readonly loopLag: LoopLag;
    readonly nowMs: number;
  }): void;
}

export function createOwnMetrics(registry: Registry, mode: string): OwnMetrics {
  const makers = metricMakers(registry);
  const writes = writeMetrics(makers);
  const steps = stepMetrics(makers, mode);
  const families = familyMetrics(makers);
  const { gauge } = makers;
  const watchAge = gauge(
    'fairlead_watch_age_seconds',
    'Since the API server was last heard about a resource; it sends a bookmark each minute.',
    ['resource'],
  );
  const affinityClients = gauge(
    'fairlead_affinity_clients',
    'Clients whose endpoint is remembered for session affinity, in nftables mode.',
    IP_FAMILY,
  );
  const lag = gauge(
    'fairlead_event_loop_lag_seconds',
    'How late the event loop was since the last scrape: the 99th percentile and the worst.',
    ['quantile'],
  );
  return {
    onSync: (report) => {
      writes.onSync(report);
      steps.onSync(report);
    },
    refresh: ({ snapshot, watches, clients, loopLag, nowMs }) => {
      for (const status of snapshot.families) families.refresh(status, nowMs);
      for (const { resource, lastHeardAtMs } of watches) {
        if (lastHeardAtMs !== undefined) watchAge.set({ resource }, seconds(nowMs - lastHeardAtMs));
      }
      for (const ip_family of FAMILIES) {
        const count = clients[ip_family];
        if (count !== undefined) affinityClients.set({ ip_family }, count);
      }
      lag.set({ quantile: '0.99' }, seconds(loopLag.p99Ms));
      lag.set({ quantile: '1' }, seconds(loopLag.maxMs));
    },
  };
}

function writeMetrics({ counter }: MetricMakers) {
  const writes = counter('fairlead_kernel_writes_total', 'Transactions by whether the kernel took them.', [
    'outcome',
    ...IP_FAMILY,
  ]);
  const committed = byFamily((ip_family) => writes.labels({ outcome: 'committed', ip_family }));
  const refused = byFamily((ip_family) => writes.labels({ outcome: 'refused', ip_family }));
  const operations = counter(
    'fairlead_kernel_operations_total',
    'Chains, elements or calls written, as the dataplane counts them.',
    IP_FAMILY,
  );
  const bytes = counter('fairlead_kernel_written_bytes_total', 'Bytes handed to the kernel.', IP_FAMILY);
  return {
    onSync(report: SyncReport): void {
      const { family } = report;
      committed[family].inc(report.writes);
      refused[family].inc(report.refusals);
      operations.inc({ ip_family: family }, report.operations);
      bytes.inc({ ip_family: family }, report.bytes);
    },
  };
}

function familyMetrics({ counter, gauge }: MetricMakers) {
  const setAside = gauge(
    'fairlead_set_aside_service_ports',
    'Service ports whose rules the kernel refuses.',
    IP_FAMILY,
  );
  const repairs = counter(
    'fairlead_repairs_total',
    'How often rules that somebody else had changed were put right.',
    IP_FAMILY,
  );
  const synced = gauge('fairlead_synced', '1 after the first full sync.', IP_FAMILY);
  const servicePorts = gauge('fairlead_service_ports', 'Service ports in the committed plan.', IP_FAMILY);
  const uncommitted = gauge(
    'fairlead_uncommitted_services',
    'Services that a sync has taken and not committed.',
    IP_FAMILY,
  );
  const queueAge = gauge(
    'fairlead_queue_age_seconds',
    'How long the oldest change waits for its commit; 0: nothing waits.',
    IP_FAMILY,
  );
  return {
    refresh(status: FamilyStatus, nowMs: number): void {
      const labels = { ip_family: status.family };
      setAside.set(labels, status.setAside.length);
      repairs.remove(labels);
      repairs.inc(labels, status.repairs);
      synced.set(labels, status.isSynced ? 1 : 0);
      servicePorts.set(labels, status.servicePorts);
      uncommitted.set(labels, status.uncommittedServices);
      queueAge.set(labels, seconds(nowMs - (status.queuedSinceMs ?? nowMs)));
    },
  };
}
