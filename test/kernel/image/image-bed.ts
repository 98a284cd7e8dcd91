// A lab with a node for each way to run the image: the pod of manifests/base on one that uses iptables-legacy and on one that uses
// iptables-nft, and kubeadm's pod. The Services are the demo's.
import { readFileSync } from 'node:fs';
import type { IptablesVariant } from '../../../src/dataplane/iptables/tools.ts';
import { specOf } from '../../../src/lab/api-server/service-spec.ts';
import { ControlPlane } from '../../../src/lab/control-plane/control-plane.ts';
import {
  LoadBalancerController,
  loadBalancerIps,
} from '../../../src/lab/control-plane/load-balancer-controller.ts';
import { Lab } from '../../../src/lab/lab.ts';
import { DEMO_MANIFEST_FILE } from '../../../src/lab/paths.ts';
import type { Image } from './build-image.ts';
import { applyBase, BASE_USER, loadKubeadm, type PodManifest } from './manifest.ts';
import { createPod, type Pod } from './pod.ts';

export interface ImageBed {
  readonly lab: Lab;
  /** As it is in the lab's API server, from where the pods have their role too. */
  readonly base: PodManifest;
  readonly pods: Readonly<Record<IptablesVariant | 'kubeadm', Pod>>;
  /** IPv4 first. */
  ipsOf(service: string): {
    readonly clusterIps: readonly string[];
    readonly loadBalancerIps: readonly string[];
  };
}

const NODES = { legacy: 'node-1', nft: 'node-2', kubeadm: 'node-3' };

export async function startImageBed(image: Image): Promise<ImageBed> {
  const names = Object.values(NODES);
  const lab = await Lab.start({
    nodes: names.map((name) => ({ name })),
    pods: names.flatMap((node) => [
      { name: `web-${node}`, node, labels: { app: 'web' } },
      { name: `shell-${node}`, node },
    ]),
  });
  try {
    const controlPlane = await startControlPlane(lab);
    const base = await applyBase(controlPlane);
    await Promise.all([actAsKubelet(lab, 'legacy'), actAsKubelet(lab, 'nft')]);
    const common = { lab, controlPlane, image };
    const pods = {
      legacy: createPod({ ...common, nodeName: NODES.legacy, manifest: base }),
      nft: createPod({ ...common, nodeName: NODES.nft, manifest: base }),
      kubeadm: createPod({ ...common, nodeName: NODES.kubeadm, manifest: loadKubeadm() }),
    };
    return { lab, base, pods, ipsOf: (name) => ipsOf(controlPlane, name) };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

async function startControlPlane(lab: Lab): Promise<ControlPlane> {
  const controlPlane = await ControlPlane.start(lab, { proxyUser: BASE_USER });
  const loadBalancers = new LoadBalancerController(controlPlane.cluster);
  lab.onClose(async () => loadBalancers.close());
  controlPlane.apply(readFileSync(DEMO_MANIFEST_FILE, 'utf8'));
  return controlPlane;
}

/** Makes the chain by which kubelet shows the variant that it uses. */
async function actAsKubelet(lab: Lab, variant: IptablesVariant): Promise<void> {
  const args = ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT'];
  const { exitCode, stderr } = await lab.node(NODES[variant]).exec(`iptables-${variant}`, args);
  if (exitCode !== 0) throw new Error(stderr);
}

function ipsOf({ cluster }: ControlPlane, name: string) {
  const service = cluster.store.get('services', `default/${name}`);
  if (!service) throw new Error(`the manifest has no Service ${name}`);
  return { clusterIps: specOf(service).clusterIPs ?? [], loadBalancerIps: loadBalancerIps(service) };
}
