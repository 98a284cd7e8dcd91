// The servers of the real daemon on a node of the lab: what dashboards, probes and load balancers see.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { events } from '../../../src/lab/api-server/resources.ts';
import { ControlPlane } from '../../../src/lab/control-plane/control-plane.ts';
import { Daemon, SYNC_COMPLETE } from '../../../src/lab/daemon.ts';
import { Lab } from '../../../src/lab/lab.ts';
import type { Place } from '../../../src/lab/place.ts';
import { shapesOf } from '../../unit/status/recorded-metrics.ts';

const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  healthCheckNodePort: 31000
  selector: { app: web }
  ports: [{ name: http, port: 80, targetPort: 8080 }, { name: https, port: 443, targetPort: 8443 }]
`;

/** Prints status, headers and body of an answer as JSON; an error as its code. */
const FETCH = `
fetch(process.argv[1], { signal: AbortSignal.timeout(3000), headers: { accept: process.argv[2] } })
  .then(async (answer) => ({ status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }))
  .catch((error) => ({ status: 0, headers: {}, body: String(error.cause?.code ?? error) }))
  .then((answer) => console.log(JSON.stringify(answer)));
`;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let lab: Lab;
let controlPlane: ControlPlane;

beforeAll(async () => {
  lab = await Lab.start({
    nodes: [{ name: 'node-1' }, { name: 'node-2' }],
    pods: ['node-1', 'node-2'].map((node) => ({
      name: `web-${node}`,
      node,
      labels: { app: 'web' },
      ports: [8080, 8443],
    })),
  });
  controlPlane = await ControlPlane.start(lab);
  controlPlane.apply(SERVICE);
});

afterAll(() => lab?.close());

function start(nodeName: string, config: Readonly<Record<string, unknown>> = {}): Daemon {
  return new Daemon(lab, nodeName, { kubeconfig: controlPlane.proxyKubeconfig, config });
}

async function synced(daemon: Daemon): Promise<void> {
  for (const family of ['IPv4', 'IPv6'])
    await daemon.waitFor((event) => event.msg === SYNC_COMPLETE && event['family'] === family);
}

/** Of the Events that the daemon of the node has written. */
function reasonsOf(nodeName: string): unknown[] {
  const all = controlPlane.cluster.store.list(events.bucket);
  const own = all.filter((event) => event['reportingInstance'] === `kube-proxy-${nodeName}`);
  return own.map((event) => event['reason']);
}

async function get(from: Place, url: string, accept = '*/*'): Promise<Answer> {
  const { stdout } = await from.exec(process.execPath, ['-e', FETCH, url, accept]);
  return JSON.parse(stdout);
}

describe('a daemon on a node', () => {
  let node: Place;
  let daemon: Daemon;

  beforeAll(async () => {
    node = lab.node('node-1');
    daemon = start('node-1');
    await synced(daemon);
  });

  it("gives kube-proxy's metrics on the loopback, and in OpenMetrics to who prefers it", async () => {
    const { status, headers, body } = await get(node, 'http://127.0.0.1:10249/metrics');
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const recorded = readFileSync(
      resolve(import.meta.dirname, '../../fixtures/kube-proxy/iptables-nft.metrics.txt'),
      'utf8',
    );
    const ours = shapesOf(body);
    const missing = [...shapesOf(recorded).keys()].filter(
      (name) => /^(kubeproxy|process)_/.test(name) && !ours.has(name),
    );
    // No flow was looked for yet.
    expect(missing.filter((name) => !name.startsWith('kubeproxy_conntrack_'))).toEqual([]);
    expect(body).toMatch(/^kubernetes_feature_enabled\{name="AllowServiceExternalIPs",stage=""\} 1$/m);
    expect(body).toMatch(
      /^fairlead_sync_step_duration_seconds_count\{mode="iptables",step="apply",ip_family="IPv4"\} [1-9]/m,
    );
    expect(body).toMatch(/^fairlead_synced\{ip_family="IPv6"\} 1$/m);
    expect(body).toMatch(
      /^rest_client_requests_total\{code="200",method="GET",host="192.0.2.2:6443"\} [4-9]$/m,
    );
    expect(body).toMatch(/^kubeproxy_sync_proxy_rules_iptables_last\{table="nat",ip_family="IPv4"\} [1-9]/m);
    const open = await get(node, 'http://127.0.0.1:10249/metrics', 'application/openmetrics-text');
    expect(open.body).toMatch(/# EOF\n$/);
    expect((await get(lab.client, 'http://192.0.2.11:10249/metrics')).body).toBe('ECONNREFUSED');
  });

  it('says its mode and its configuration', async () => {
    expect((await get(node, 'http://127.0.0.1:10249/proxyMode')).body).toBe('iptables');
    const { body } = await get(node, 'http://127.0.0.1:10249/configz');
    expect(JSON.parse(body)['kubeproxy.config.k8s.io']).toMatchObject({
      kind: 'KubeProxyConfiguration',
      hostnameOverride: 'node-1',
      metricsBindAddress: '127.0.0.1:10249',
      iptables: { syncPeriod: '30s' },
    });
    expect((await get(node, 'http://127.0.0.1:10249/healthz')).body).toBe('ok');
    const { body: slis } = await get(node, 'http://127.0.0.1:10249/metrics/slis');
    expect(slis).toContain('kubernetes_healthcheck{name="ping",type="healthz"} 1\n');
  });

  it('shows its flags and its state to people', async () => {
    const flagz = await get(node, 'http://127.0.0.1:10249/flagz');
    expect(flagz.body).toMatch(/^config=\/.*\n/m);
    expect(flagz.body).toContain('\niptables-sync-period=30s\n');
    const statusz = await get(node, 'http://127.0.0.1:10249/statusz');
    expect(statusz.body).toMatch(/^Up: 0 hr 0\d min \d\d sec\n/m);
  });

  it('says on the Node that it has started', async () => {
    await expect.poll(() => reasonsOf('node-1'), { timeout: 10_000 }).toEqual(['Starting']);
  });

  it('is healthy, alive and ready, as load balancers outside see it too', async () => {
    for (const path of ['healthz', 'livez', 'readyz'])
      expect((await get(lab.client, `http://192.0.2.11:10256/${path}`)).status, path).toBe(200);
    const { body } = await get(node, 'http://127.0.0.1:10256/healthz');
    expect(JSON.parse(body)).toMatchObject({
      nodeEligible: true,
      healthy: true,
      status: { IPv4: { healthy: true }, IPv6: { healthy: true } },
    });
  });

  it('tells load balancers how many endpoints of a Service are here, until the Service goes', async () => {
    const { status, headers, body } = await get(lab.client, 'http://192.0.2.11:31000/');
    expect(status).toBe(200);
    expect(headers['x-load-balancing-endpoint-weight']).toBe('1');
    expect(JSON.parse(body)).toEqual({
      service: { namespace: 'default', name: 'web' },
      localEndpoints: 1,
      serviceProxyHealthy: true,
    });
    controlPlane.apply(SERVICE.replace('app: web', 'app: nothing'));
    await expect
      .poll(async () => (await get(lab.client, 'http://192.0.2.11:31000/')).status, { timeout: 20_000 })
      .toBe(503);
    controlPlane.apply(SERVICE.replace('Policy: Local', 'Policy: Cluster').replace(/^.*NodePort.*\n/m, ''));
    await expect
      .poll(async () => (await get(lab.client, 'http://192.0.2.11:31000/')).body, { timeout: 20_000 })
      .toBe('ECONNREFUSED');
  });

  it('closes everything when it is told to end', async () => {
    const startedAt = performance.now();
    expect(await daemon.stop()).toBe(0);
    console.log(`ended after ${Math.round(performance.now() - startedAt)} ms`);
    expect((await get(node, 'http://127.0.0.1:10256/livez')).body).toBe('ECONNREFUSED');
  });
});

describe('a daemon whose bindAddress is of IPv6', () => {
  it('has its servers on the loopback and all addresses of IPv6, the latter for IPv4 too', async () => {
    const daemon = start('node-2', { bindAddress: '::' });
    await synced(daemon);
    const node = lab.node('node-2');
    expect((await get(node, 'http://[::1]:10249/proxyMode')).body).toBe('iptables');
    expect((await get(node, 'http://127.0.0.1:10249/proxyMode')).body).toBe('ECONNREFUSED');
    expect((await get(node, `http://[${node.ips.IPv6}]:10256/livez`)).status).toBe(200);
    expect((await get(node, `http://${node.ips.IPv4}:10256/livez`)).status).toBe(200);
    expect(await daemon.stop()).toBe(0);
  });
});

describe('a daemon without a mode in its configuration', () => {
  it('says so in its log and on the Node', async () => {
    const daemon = start('node-2', { mode: '' });
    await daemon.waitFor((event) => String(event['warning']).startsWith('mode is not set, using iptables'));
    await synced(daemon);
    await expect.poll(() => reasonsOf('node-2'), { timeout: 10_000 }).toContain('ProxyModeNotSet');
    expect(await daemon.stop()).toBe(0);
  });
});

describe('a daemon that cannot reach the API server', () => {
  it('is alive, but not ready and no node for load balancers, until it can', async () => {
    await controlPlane.stopServing();
    const daemon = start('node-2');
    const status = async (path: string) => (await get(lab.client, `http://192.0.2.12:10256/${path}`)).status;
    await expect.poll(() => status('livez'), { timeout: 20_000 }).toBe(200);
    expect([await status('readyz'), await status('healthz')]).toEqual([503, 503]);
    await controlPlane.serve();
    await expect.poll(() => status('readyz'), { timeout: 60_000 }).toBe(200);
    expect(await status('healthz')).toBe(200);
    expect(await daemon.stop()).toBe(0);
  });
});

describe('a server that cannot listen', () => {
  it.each([
    ['metricsBindAddress', 'FailedToStartMetricServer'],
    ['healthzBindAddress', 'FailedToStartProxierHealthcheck'],
  ])('ends the daemon with an Event when bindAddressHardFail asks for it: %s', async (field, reason) => {
    const daemon = start('node-2', { [field]: '192.0.2.99:10249', bindAddressHardFail: true });
    await expect(daemon.waitFor(({ msg }) => msg === 'Fairlead cannot run')).resolves.toBeDefined();
    expect(await daemon.ended).toBe(1);
    expect(reasonsOf('node-2')).toContain(reason);
  });

  it('is tried again, and the others go on, unless it asks for that', async () => {
    const daemon = start('node-2', { metricsBindAddress: '192.0.2.99:10249' });
    await synced(daemon);
    await daemon.waitFor(({ msg }) => msg === 'server cannot listen');
    expect((await get(lab.node('node-2'), 'http://127.0.0.1:10256/readyz')).status).toBe(200);
    await lab.node('node-2').exec('ip', ['address', 'add', '192.0.2.99/32', 'dev', 'lo']);
    await expect
      .poll(async () => (await get(lab.node('node-2'), 'http://192.0.2.99:10249/proxyMode')).body, {
        timeout: 20_000,
      })
      .toBe('iptables');
    expect(await daemon.stop()).toBe(0);
  });
});
