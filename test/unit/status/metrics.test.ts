import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { gateStates } from '../../../src/config/feature-gates.ts';
import { type CurrentState, createMetrics, type Metrics } from '../../../src/status/metrics.ts';
import { aFamilyStatus, aReport, aSnapshot } from '../../builders/status.ts';
import { shapesOf } from './recorded-metrics.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const SCRAPE = scrapeOf('iptables-nft');
const MODES = ['iptables', 'nftables'] as const;
const recorded = { iptables: shapesOf(SCRAPE), nftables: shapesOf(scrapeOf('nftables')) };

const SYNC_BUCKETS = [
  ...['0.001', '0.002', '0.004', '0.008', '0.016', '0.032', '0.064', '0.128'],
  ...['0.256', '0.512', '1.024', '2.048', '4.096', '8.192', '16.384', '+Inf'],
];
const PROGRAMMING_BUCKETS = [
  ...['0.25', '0.5'],
  ...Array.from({ length: 59 }, (_, i) => `${i + 1}`),
  ...['60', '65', '70', '75', '80', '85', '90', '95', '100', '105', '110', '115'],
  ...['120', '150', '180', '210', '240', '270', '300', '+Inf'],
];

/** What kube-proxy shows only once there is something to show, so that the recording does not have it. */
const UNRECORDED = {
  kubeproxy_network_programming_duration_seconds: {
    type: 'histogram',
    labels: ['ip_family'],
    buckets: PROGRAMMING_BUCKETS,
  },
  kubeproxy_sync_partial_proxy_rules_duration_seconds: {
    type: 'histogram',
    labels: ['ip_family'],
    buckets: SYNC_BUCKETS,
  },
  kubeproxy_proxy_healthz_total: counter('code'),
  kubeproxy_proxy_livez_total: counter('code'),
};

const UNRECORDED_OF_MODE = {
  iptables: {
    kubeproxy_sync_proxy_rules_iptables_restore_failures_total: counter('ip_family'),
    kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total: counter('ip_family'),
  },
  nftables: { kubeproxy_sync_proxy_rules_nftables_sync_failures_total: counter('ip_family') },
};

let metrics: Metrics;

beforeEach(() => {
  metrics = metricsIn('iptables');
});

function metricsIn(mode: (typeof MODES)[number]): Metrics {
  return createMetrics({
    build: { version: '1.2.3', runtime: 'v24.21.0', platform: 'linux/amd64' },
    mode,
    gates: gateStates({}),
  });
}

function scrapeOf(name: string): string {
  return readFileSync(resolve(ROOT, `test/fixtures/kube-proxy/${name}.metrics.txt`), 'utf8');
}

/** Everything that can happen happens once. */
function bustle(): void {
  metrics.onSync(aReport({ cause: 'start' }));
  metrics.onSync(aReport({ refusals: 1, triggerTimesMs: [500] }));
  metrics.onFlowCheck({ family: 'IPv4', elapsedMs: 3, removed: 2 });
  metrics.onHealthAnswer('healthz', 200);
  metrics.onHealthAnswer('livez', 503);
  metrics.requests.onBegun({ method: 'GET', host: 'server:6443', status: 200 });
  metrics.requests.onEnded({
    ...{ method: 'GET', host: 'server:6443' },
    ...{ elapsedMs: 7, sentBytes: 0, receivedBytes: 2_000_000 },
  });
}

function now(fields: Partial<CurrentState> = {}): CurrentState {
  return {
    snapshot: aSnapshot(),
    watches: [{ resource: 'services', lastHeardAtMs: 90_000 }],
    packets: { invalidDropped: 1, localhostNodePorts: 2 },
    clients: { IPv4: 12, IPv6: 0 },
    process: {
      ...{ cpuSeconds: 1, startedAtMs: 1_000, residentBytes: 2, virtualBytes: 3, virtualLimitBytes: 2 ** 64 },
      ...{ openFiles: 4, openFilesLimit: 5, networkReceivedBytes: 6, networkSentBytes: 7 },
    },
    loopLag: { p99Ms: 2, maxMs: 30 },
    nowMs: 100_000,
    ...fields,
  };
}

function counter(...labels: string[]) {
  return { type: 'counter', labels, buckets: [] };
}

describe('the metrics of kube-proxy', () => {
  it.each(MODES)('are as recorded, and each that is missing is named in the docs (%s)', async (mode) => {
    metrics = metricsIn(mode);
    bustle();
    const ours = shapesOf(await metrics.text(now()));
    const missing = [...recorded[mode].keys()].filter((name) => !ours.has(name));
    expect(missing.filter((name) => !isNamedAsMissing(name))).toEqual([]);
    expect(namedAsMissing().filter((name) => !name.endsWith('*') && !missing.includes(name))).toEqual([]);
    const common = [...recorded[mode]].filter(([name]) => ours.has(name));
    expect(common.length).toBeGreaterThan(25);
    for (const [name, shape] of common) expect({ name, ...ours.get(name) }).toEqual({ name, ...shape });
  });

  it.each(MODES)('have those that a quiet kube-proxy does not show (%s)', async (mode) => {
    metrics = metricsIn(mode);
    bustle();
    const ours = shapesOf(await metrics.text(now()));
    for (const [name, shape] of Object.entries({ ...UNRECORDED, ...UNRECORDED_OF_MODE[mode] }))
      expect({ name, ...ours.get(name) }).toEqual({ name, ...shape });
  });

  it('are those of the mode: one has nothing of the other', async () => {
    const texts = await Promise.all(MODES.map((mode) => metricsIn(mode).text(now())));
    const [iptables = '', nftables = ''] = texts;
    expect(nftables).not.toMatch(/kubeproxy\w*_iptables_/);
    expect(iptables).not.toMatch(/kubeproxy\w*_nftables_/);
    expect(nftables).toContain('# TYPE kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total counter');
  });

  it('show no series with labels before the first value', async () => {
    const ours = shapesOf(await metrics.text(now({ snapshot: aSnapshot({ families: [] }) })));
    const names = [...ours.keys()].filter((name) => name.startsWith('kubeproxy_'));
    expect(names.filter((name) => (ours.get(name)?.labels.length ?? 0) > 0)).toEqual([]);
  });

  it('show the feature gates that mean something here as they were recorded', async () => {
    const series = (text: string) =>
      text.split('\n').filter((line) => line.startsWith('kubernetes_feature_enabled{'));
    const ours = series(await metrics.text(now()));
    const newIn137 = /"(KubeProxyIPVS|NFTablesNetlink|KubeProxyNFTablesLocalhostNodePorts)"/;
    const known = ours.filter((line) => !newIn137.test(line));
    expect(ours).toHaveLength(19);
    expect(known).toHaveLength(16);
    expect(series(SCRAPE)).toEqual(expect.arrayContaining(known));
  });

  it('hide packet counters that the kernel does not have', async () => {
    const packets = { invalidDropped: undefined, localhostNodePorts: 3 };
    const text = await metrics.text(now({ packets }));
    expect(text).not.toMatch(/^kubeproxy_iptables_ct_state_invalid/m);
    expect(text).toContain('\nkubeproxy_iptables_localhost_nodeports_accepted_packets_total 3\n');
  });
});

it('bounds every label: none takes the name or address of a Service, Pod or Node', async () => {
  bustle();
  const shapes = shapesOf(await metrics.text(now()));
  shapes.delete('kubernetes_build_info');
  const labels = new Set(Array.from(shapes.values()).flatMap((shape) => shape.labels));
  expect([...labels].toSorted()).toEqual([
    ...[
      'code',
      'host',
      'ip_family',
      'method',
      'mode',
      'name',
      'outcome',
      'quantile',
      'resource',
      'stage',
      'step',
    ],
    ...['table', 'traffic_policy', 'verb'],
  ]);
});

describe('values', () => {
  it('follow the syncs', async () => {
    metrics.onSync(aReport({ startedAtMs: 1_000, endedAtMs: 1_500, written: { natRules: 7 } }));
    metrics.onSync(
      aReport({ startedAtMs: 2_000, endedAtMs: 4_000, outcome: 'failed', refusals: 2, writes: 0 }),
    );
    expect(await valuesOf('kubeproxy_sync_proxy_rules_duration_seconds_sum')).toEqual([2.5]);
    expect(await valuesOf('kubeproxy_sync_proxy_rules_last_timestamp_seconds')).toEqual([1.5]);
    expect(await valuesOf('kubeproxy_sync_proxy_rules_iptables_restore_failures_total')).toEqual([2]);
    expect(await valuesOf('fairlead_kernel_writes_total')).toEqual([1, 2]);
  });

  it('measure the network programming latency of each change', async () => {
    metrics.onSync(aReport({ endedAtMs: 10_000, triggerTimesMs: [9_000, 7_500, 11_000] }));
    expect(await valuesOf('kubeproxy_network_programming_duration_seconds_count')).toEqual([3]);
    // A clock that is ahead of ours makes no negative time.
    expect(await valuesOf('kubeproxy_network_programming_duration_seconds_sum')).toEqual([3.5]);
  });

  it('say where the time of a sync goes, by mode', async () => {
    metrics.onSync(aReport({ stepsMs: { plan: 3, apply: 500 } }));
    metrics.onSync(aReport({ stepsMs: { plan: 2 } }));
    const text = await metrics.text(now());
    const of = (step: string) => `{mode="iptables",step="${step}",ip_family="IPv4"}`;
    expect(text).toContain(`fairlead_sync_step_duration_seconds_count${of('plan')} 2\n`);
    expect(text).toContain(`fairlead_sync_step_duration_seconds_sum${of('apply')} 0.5\n`);
    expect(text).not.toContain('step="read"');
  });

  it('count Services once for each family, and scrapes do not add up', async () => {
    const activity = {
      lastChangeMs: 5_000,
      services: { received: 21, pending: 1 },
      endpointSlices: { received: 20, pending: 0 },
    };
    const current = now({ snapshot: aSnapshot({ activity }) });
    await metrics.text(current);
    expect(await valuesOf('kubeproxy_sync_proxy_rules_service_changes_total', current)).toEqual([42]);
    expect(await valuesOf('kubeproxy_sync_proxy_rules_endpoint_changes_total', current)).toEqual([20]);
    expect(await valuesOf('kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds', current)).toEqual([
      5, 5,
    ]);
  });

  it('show the state of a family', async () => {
    const family = aFamilyStatus({
      repairs: 3,
      queuedSinceMs: 98_000,
      withoutLocalEndpoints: { internal: 1, external: 2 },
      kernel: { natRules: 198, filterRules: 10 },
    });
    const current = now({ snapshot: aSnapshot({ families: [family] }) });
    await metrics.text(current);
    expect(await valuesOf('fairlead_repairs_total', current)).toEqual([3]);
    expect(await valuesOf('fairlead_queue_age_seconds', current)).toEqual([2]);
    expect(await valuesOf('fairlead_watch_age_seconds', current)).toEqual([10]);
    expect(await valuesOf('kubeproxy_sync_proxy_rules_no_local_endpoints_total', current)).toEqual([1, 2]);
    expect(await valuesOf('kubeproxy_sync_proxy_rules_iptables_total', current)).toEqual([10, 198]);
  });

  it('count the clients of session affinity where the kernel tells', async () => {
    expect(await valuesOf('fairlead_affinity_clients', now({ clients: { IPv6: 3 } }))).toEqual([3]);
  });

  async function valuesOf(name: string, current = now()): Promise<number[]> {
    const lines = (await metrics.text(current)).split('\n');
    const series = lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return series.map((line) => Number(line.slice(line.lastIndexOf(' '))));
  }
});

it('documents every metric of our own', async () => {
  bustle();
  const own = [...shapesOf(await metrics.text(now())).keys()].filter((name) => name.startsWith('fairlead_'));
  expect(firstColumn("## Fairlead's own").toSorted()).toEqual(own.toSorted());
});

function isNamedAsMissing(name: string): boolean {
  return namedAsMissing().some((entry) =>
    entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry,
  );
}

function namedAsMissing(): string[] {
  return firstColumn('## Not there');
}

/** The names in the table below a heading of docs/metrics.md. */
function firstColumn(heading: string): string[] {
  const text = readFileSync(resolve(ROOT, 'docs/metrics.md'), 'utf8');
  const section = text.split(heading)[1]?.split('\n## ')[0] ?? '';
  return Array.from(section.matchAll(/^\| `([^`]+)` \|/gm), ([, name = '']) => name);
}
