// All metrics of the daemon, in one registry. Series are bounded: no label names a Service, a Pod or an address of one.
import { Registry } from 'prom-client';
import type { LoopLag } from './loop-lag.ts';
import { metricMakers } from './metric-makers.ts';
import { createModeMetrics, type PacketCounts } from './mode-metrics.ts';
import { type ClientCounts, createOwnMetrics } from './own-metrics.ts';
import { createProcessMetrics, type ProcessStats } from './process-metrics.ts';
import { createProxyMetrics, type ProxyMetrics } from './proxy-metrics.ts';
import { createRequestMetrics, type RequestMetrics } from './request-metrics.ts';
import type { Snapshot, SyncReport, WatchStatus } from './snapshot.ts';

/** What stays as it is as long as the process runs. */
export interface Identity {
  readonly build: Build;
  /** `iptables` or `nftables`. */
  readonly mode: string;
  readonly gates: readonly FeatureGate[];
}

export interface FeatureGate {
  readonly name: string;
  /** `ALPHA`, `BETA`, `DEPRECATED`; empty: generally available. */
  readonly stage: string;
  readonly isOn: boolean;
}

export interface Build {
  readonly version: string;
  /** `v24.21.0`. */
  readonly runtime: string;
  /** `linux/amd64`. */
  readonly platform: string;
}

/** What is looked up when somebody scrapes. */
export interface CurrentState {
  readonly snapshot: Snapshot;
  readonly watches: readonly WatchStatus[];
  readonly packets: PacketCounts;
  readonly clients: ClientCounts;
  readonly process: ProcessStats;
  readonly loopLag: LoopLag;
  readonly nowMs: number;
}

export interface Metrics extends Pick<ProxyMetrics, 'onHealthAnswer' | 'onFlowCheck'> {
  readonly requests: RequestMetrics;
  onSync(report: SyncReport): void;
  /** All metrics in Prometheus's text format 0.0.4. */
  text(current: CurrentState): Promise<string>;
}

export function createMetrics({ build, mode, gates }: Identity): Metrics {
  const registry = new Registry();
  const proxy = createProxyMetrics(registry);
  const ofMode = createModeMetrics(registry, mode);
  const own = createOwnMetrics(registry, mode);
  const processMetrics = createProcessMetrics(registry);
  showBuild(registry, build);
  showGates(registry, gates);
  return {
    requests: createRequestMetrics(registry),
    onSync: (report) => {
      proxy.onSync(report);
      ofMode.onSync(report);
      own.onSync(report);
    },
    onHealthAnswer: proxy.onHealthAnswer,
    onFlowCheck: proxy.onFlowCheck,
    text: async (current) => {
      proxy.refresh(current.snapshot);
      ofMode.refresh(current.snapshot, current.packets);
      own.refresh(current);
      processMetrics.refresh(current.process);
      return withGoBounds(await registry.metrics());
    },
  };
}

/** component-base's labels. Without a commit or a date: the version says which build it is. */
function showBuild(registry: Registry, { version, runtime, platform }: Build): void {
  const labels = {
    build_date: '',
    compiler: 'node',
    git_commit: '',
    git_tree_state: '',
    git_version: `v${version}`,
    go_version: runtime,
    major: version.split('.')[0] ?? '',
    minor: version.split('.')[1] ?? '',
    platform,
  };
  metricMakers(registry)
    .gauge('kubernetes_build_info', 'Always 1; the labels say which build this is.', Object.keys(labels))
    .set(labels, 1);
}

function showGates(registry: Registry, gates: readonly FeatureGate[]): void {
  const help = 'Whether a feature gate is on.';
  const enabled = metricMakers(registry).gauge('kubernetes_feature_enabled', help, ['name', 'stage']);
  for (const { name, stage, isOn } of gates) enabled.set({ name, stage }, isOn ? 1 : 0);
}

/** Bounds are label values, so they have to be written as Go does: 1.048576e+06. */
function withGoBounds(text: string): string {
  return text.replace(
    /\ble="(\d{7,})"/g,
    (_, bound) =>
      `le="${Number(bound)
        .toExponential()
        .replace(/\+(\d)$/, '+0$1')}"`,
  );
}
