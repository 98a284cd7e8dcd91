// The cluster of the demo: three nodes in three zones with a daemon each, a pod that asks, pods that answer.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { specOf } from '../api-server/service-spec.ts';
import { ControlPlane } from '../control-plane/control-plane.ts';
import { LoadBalancerController, loadBalancerIps } from '../control-plane/load-balancer-controller.ts';
import { Daemon, type DaemonOptions, SYNC_COMPLETE } from '../daemon.ts';
import { Lab, type PodSpec } from '../lab.ts';
import { DEMO_MANIFEST_FILE } from '../paths.ts';

export interface DemoCluster {
  readonly lab: Lab;
  readonly controlPlane: ControlPlane;
  readonly daemons: readonly Daemon[];
}

export const NODE_NAMES = ['node-1', 'node-2', 'node-3'] as const;

/** On two of the three nodes, so that one has no pod of its own. */
export const WEB_PODS: readonly PodSpec[] = ['node-1', 'node-1', 'node-2', 'node-2'].map((node, i) => ({
  name: `web-${i + 1}`,
  node,
  labels: { app: 'web' },
}));

const SETTLE_TIMEOUT_MS = 20_000;

export async function startLab(): Promise<Lab> {
  return Lab.start({
    nodes: NODE_NAMES.map((name, i) => ({ name, zone: `zone-${'abc'[i]}` })),
    pods: [...WEB_PODS, { name: 'shell', node: 'node-3' }],
  });
}

/** Starts the API server and the daemons; resolves when each daemon has synced both families once. */
export async function startCluster(
  lab: Lab,
  options: Pick<DaemonOptions, 'config' | 'env'>,
): Promise<DemoCluster> {
  const controlPlane = await ControlPlane.start(lab);
  const { cluster, proxyKubeconfig } = controlPlane;
  const loadBalancers = new LoadBalancerController(cluster);
  lab.onClose(async () => loadBalancers.close());
  const daemons = NODE_NAMES.map(
    (name) => new Daemon(lab, name, { kubeconfig: proxyKubeconfig, ...options }),
  );
  await Promise.all(
    daemons.flatMap((daemon) =>
      (['IPv4', 'IPv6'] as const).map((family) =>
        daemon.waitFor(({ msg, ...fields }) => msg === SYNC_COMPLETE && fields['family'] === family),
      ),
    ),
  );
  return { lab, controlPlane, daemons };
}

/** Applies the manifest; resolves when every node serves all that it has, with the time that it took. */
export async function applyManifest({ lab, controlPlane }: DemoCluster): Promise<number> {
  const startedAtMs = performance.now();
  controlPlane.apply(readFileSync(DEMO_MANIFEST_FILE, 'utf8'));
  const ips = ['web', 'web-nodeport', 'web-public', 'web-sticky'].flatMap((name) =>
    clusterIpsOf(controlPlane, name),
  );
  const served = lab.nodes.flatMap((node) =>
    ips.map((to) =>
      until(async () => (await node.probe({ to, port: 80, timeoutMs: 200 })).every(({ ok }) => ok)),
    ),
  );
  await Promise.all(served);
  return performance.now() - startedAtMs;
}

/** IPv4 first. */
export function clusterIpsOf(controlPlane: ControlPlane, name: string): readonly string[] {
  return specOf(serviceOf(controlPlane, name)).clusterIPs ?? [];
}

/** IPv4 first. */
export function loadBalancerIpsOf(controlPlane: ControlPlane, name: string): readonly string[] {
  return loadBalancerIps(serviceOf(controlPlane, name));
}

function serviceOf({ cluster }: ControlPlane, name: string) {
  const service = cluster.store.get('services', `default/${name}`);
  if (!service) throw new Error(`the manifest has no Service ${name}`);
  return service;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + SETTLE_TIMEOUT_MS;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error('the Services were not served in time');
    await sleep(10);
  }
}
