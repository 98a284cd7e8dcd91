// What a daemon in nftables mode shows of itself, and that a FORWARD policy that drops is told of.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ControlPlane } from '../../../src/lab/control-plane/control-plane.ts';
import { Daemon, SYNC_COMPLETE } from '../../../src/lab/daemon.ts';
import { Lab } from '../../../src/lab/lab.ts';
import type { Place } from '../../../src/lab/place.ts';
import { shapesOf } from '../../unit/status/recorded-metrics.ts';

const CLUSTER_IP = '10.96.7.7';
const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec:
  clusterIP: ${CLUSTER_IP}
  selector: { app: web }
  sessionAffinity: ClientIP
  ports: [{ port: 80, targetPort: 8080 }]
`;

let lab: Lab;
let node: Place;
let daemon: Daemon;

beforeAll(async () => {
  lab = await Lab.start({
    nodes: [{ name: 'node-1' }],
    pods: [{ name: 'web', node: 'node-1', labels: { app: 'web' }, ports: [8080] }],
  });
  node = lab.node('node-1');
  for (const program of ['iptables-legacy', 'ip6tables-nft'])
    await node.exec(program, ['-P', 'FORWARD', 'DROP']);
  const controlPlane = await ControlPlane.start(lab);
  controlPlane.apply(SERVICE);
  const kubeconfig = controlPlane.proxyKubeconfig;
  daemon = new Daemon(lab, 'node-1', { kubeconfig, config: { mode: 'nftables' } });
  for (const family of ['IPv4', 'IPv6'])
    await daemon.waitFor(({ msg, ...event }) => msg === SYNC_COMPLETE && event['family'] === family);
});

afterAll(() => lab?.close());

async function get(path: string): Promise<string> {
  const script = `fetch('http://127.0.0.1:10249${path}').then((answer) => answer.text()).then(console.log)`;
  return (await node.exec(process.execPath, ['-e', script])).stdout;
}

it('says its mode', async () => {
  expect((await get('/proxyMode')).trim()).toBe('nftables');
  expect(JSON.parse(await get('/configz'))['kubeproxy.config.k8s.io']).toMatchObject({
    mode: 'nftables',
    nodePortAddresses: ['primary'],
  });
  expect(daemon.events.map(({ msg }) => msg)).toContain('Using nftables Proxier');
});

it("gives the metrics of kube-proxy's nftables mode, and of no other", async () => {
  const recorded = resolve(import.meta.dirname, '../../fixtures/kube-proxy/nftables.metrics.txt');
  const scrape = await get('/metrics');
  const ours = shapesOf(scrape);
  const missing = [...shapesOf(readFileSync(recorded, 'utf8')).keys()].filter(
    (name) => /^(kubeproxy|process)_/.test(name) && !ours.has(name),
  );
  // No flow was looked for yet.
  expect(missing.filter((name) => !name.startsWith('kubeproxy_conntrack_'))).toEqual([]);
  expect(scrape).not.toContain('_iptables_');
  expect(scrape).toMatch(
    /^fairlead_sync_step_duration_seconds_count\{mode="nftables",step="apply",ip_family="IPv4"\} [1-9]/m,
  );
});

it('counts the clients that session affinity remembers', async () => {
  expect(await clients()).toEqual({ IPv4: 0, IPv6: 0 });
  expect(await node.probe({ to: CLUSTER_IP, port: 80 })).toMatchObject([{ ok: true }]);
  expect(await clients()).toEqual({ IPv4: 1, IPv6: 0 });
});

it('warns of each FORWARD policy that drops', () => {
  const warnings = daemon.events.filter(({ msg }) => msg.includes('FORWARD is DROP'));
  expect(warnings).toMatchObject([
    { family: 'IPv4', variant: 'legacy' },
    { family: 'IPv6', variant: 'nft' },
  ]);
});

it('ends when its configuration changes, with nothing open that would keep it, and leaves the rules', async () => {
  const file = join(lab.directory, 'node-1.config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...config, oomScoreAdj: 0 }));
  expect(await daemon.ended).toBe(1);
  expect((await node.exec('nft', ['list', 'tables'])).stdout).toContain('table ip kube-proxy');
});

async function clients(): Promise<Record<string, number>> {
  const series = (await get('/metrics')).matchAll(/^fairlead_affinity_clients\{ip_family="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries(Array.from(series, ([, family, count]) => [family, Number(count)]));
}
