// kube-proxy's metrics that it has in one of its modes only.
import type { Registry } from 'prom-client';
import { IP_FAMILY, type MetricMakers, metricMakers, showTotal } from './metric-makers.ts';
import type { FamilyStatus, Snapshot, SyncReport } from './snapshot.ts';

/** Packets that rules with nfacct have counted; undefined where the kernel has no such counter. */
export interface PacketCounts {
  readonly invalidDropped: number | undefined;
  readonly localhostNodePorts: number | undefined;
}

export interface ModeMetrics {
  onSync(report: SyncReport): void;
  /** Takes over what is looked up when somebody scrapes. */
  refresh(snapshot: Snapshot, packets: PacketCounts): void;
}

/** `mode`: `iptables` or `nftables`. */
export function createModeMetrics(registry: Registry, mode: string): ModeMetrics {
  const makers = metricMakers(registry);
  return mode === 'nftables' ? nftablesMetrics(makers) : iptablesMetrics(makers);
}

function iptablesMetrics(makers: MetricMakers): ModeMetrics {
  const rules = ruleMetrics(makers);
  const packets = packetMetrics(makers);
  const failures = makers.counter(
    'kubeproxy_sync_proxy_rules_iptables_restore_failures_total',
    'Restores that failed.',
    IP_FAMILY,
  );
  const partialFailures = makers.counter(
    'kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total',
    'Restores of changes alone that failed.',
    IP_FAMILY,
  );
  return {
    onSync: ({ family, cause, refusals, written }) => {
      rules.setWritten(family, written);
      if (refusals === 0) return;
      failures.inc({ ip_family: family }, refusals);
      if (cause === 'changes') partialFailures.inc({ ip_family: family }, refusals);
    },
    refresh: ({ families }, counts) => {
      packets.refresh(counts);
      for (const { family, kernel } of families) rules.setOwned(family, kernel);
    },
  };
}

function nftablesMetrics({ counter }: MetricMakers): ModeMetrics {
  const failures = counter(
    'kubeproxy_sync_proxy_rules_nftables_sync_failures_total',
    'Transactions that failed.',
    IP_FAMILY,
  );
  counter(
    'kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total',
    'Removals of stale chains that failed: never, because there are none.',
    IP_FAMILY,
  );
  return {
    onSync: ({ family, refusals }) => {
      if (refusals > 0) failures.inc({ ip_family: family }, refusals);
    },
    refresh: () => {},
  };
}

function ruleMetrics({ gauge }: MetricMakers) {
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
  const setTables = (metric: typeof owned, family: string, size: FamilyStatus['kernel']) => {
    for (const table of ['filter', 'nat'])
      metric.set({ table, ip_family: family }, size[`${table}Rules`] ?? 0);
  };
  return {
    setOwned: (family: string, size: FamilyStatus['kernel']) => setTables(owned, family, size),
    setWritten: (family: string, size: FamilyStatus['kernel']) => setTables(written, family, size),
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
