// The pod of a DaemonSet on a node of the lab: what it finds there, its init containers, and its container as a Daemon.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Container, V1HTTPGetAction, V1Volume } from '@kubernetes/client-node';
import { execa } from 'execa';
import { dump, load } from 'js-yaml';
import { arrayOf, objectOf, stringOf } from '../../../src/kube/json-object.ts';
import type { ControlPlane } from '../../../src/lab/control-plane/control-plane.ts';
import { Daemon, proxyConfig } from '../../../src/lab/daemon.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import type { Image } from './build-image.ts';
import { containerCommand, type PodSurroundings } from './container.ts';
import type { PodManifest } from './manifest.ts';

export interface Pod {
  readonly lab: Lab;
  readonly nodeName: string;
  readonly image: Image;
  readonly initContainers: readonly V1Container[];
  readonly container: V1Container;
  readonly surroundings: PodSurroundings;
  readonly kubeconfig: string;
}

export interface PodOptions {
  readonly lab: Lab;
  readonly controlPlane: ControlPlane;
  readonly nodeName: string;
  readonly image: Image;
  readonly manifest: PodManifest;
  /** Fields of the configuration that differ from the manifest's. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Makes the files that the pod mounts, in the lab's directory. */
export function createPod({ lab, controlPlane, nodeName, image, manifest, config }: PodOptions): Pod {
  const { initContainers = [], containers, volumes = [] } = manifest.podSpec;
  const [container] = containers;
  if (!container) throw new Error('the pod has no container');
  const directory = join(lab.directory, `${nodeName}.pod`);
  const kubeconfig = controlPlane.proxyKubeconfig;
  writeFiles(directory, {
    ...configFiles(manifest, kubeconfig, config),
    ...serviceAccountFiles(kubeconfig),
    ...HOST_FILES,
  });
  const surroundings = {
    volumes: Object.fromEntries(volumes.map((volume) => [volume.name, join(directory, placeOf(volume))])),
    serviceAccount: join(directory, 'service-account'),
    nodeName,
  };
  return { lab, nodeName, image, initContainers, container, surroundings, kubeconfig };
}

/** Runs the init containers to their ends; returns what they print. Throws when one fails. */
export async function runInitContainers({ lab, nodeName, image, ...pod }: Pod): Promise<string> {
  const outputs: string[] = [];
  for (const container of pod.initContainers) {
    const command = containerCommand(image, container, pod.surroundings);
    const inNode = ['netns', 'exec', lab.node(nodeName).netns, ...command];
    outputs.push((await execa('ip', inNode, { all: true, stdin: 'ignore' })).all);
  }
  return outputs.join('\n');
}

/** Starts the container, with a change to it if there is one. It ends with the lab. */
export function startContainer(pod: Pod, change: Partial<V1Container> = {}): Daemon {
  const command = containerCommand(pod.image, { ...pod.container, ...change }, pod.surroundings);
  // The lab adds arguments of its own, which go unused: those of the manifest count.
  return new Daemon(pod.lab, pod.nodeName, { kubeconfig: pod.kubeconfig, command });
}

/** Another program in the container, as with kubectl exec. Never throws for what it does. */
export async function execInContainer(pod: Pod, command: readonly string[]) {
  const container = { ...pod.container, command: [...command] };
  const { netns } = pod.lab.node(pod.nodeName);
  const args = ['netns', 'exec', netns, ...containerCommand(pod.image, container, pod.surroundings)];
  return execa('ip', args, { all: true, reject: false, stdin: 'ignore' });
}

/** Whether kubelet would be content with what the probe says. */
export async function isAnswered(
  { lab, nodeName }: Pod,
  probe: Pick<V1HTTPGetAction, 'path' | 'port'> | undefined,
): Promise<boolean> {
  const url = `http://127.0.0.1:${probe?.port}${probe?.path}`;
  const script = `const answer = await fetch('${url}'); process.exit(answer.ok ? 0 : 1);`;
  const args = ['--input-type=module', '--eval', script];
  return (await lab.node(nodeName).exec(process.execPath, args)).exitCode === 0;
}

/** What the pods mount of the host. */
const HOST_FILES = { 'host/run/xtables.lock': '', 'host/lib/modules/empty': '' };

function placeOf({ name, hostPath, configMap }: V1Volume): string {
  if (configMap) return 'config';
  if (hostPath) return `host${hostPath.path}`;
  throw new Error(`the tests do not know the volume ${name}`);
}

/**
 * The manifest's, with what only the lab knows: its addresses, that the limits of the machine are not its own, and that no
 * kubelet has lowered the score.
 */
function configFiles(
  { configFiles }: PodManifest,
  labKubeconfig: string,
  changes: PodOptions['config'],
): Record<string, string> {
  const { 'config.conf': config = '', 'kubeconfig.conf': kubeconfig = '' } = configFiles;
  const { clusterCIDR, conntrack, logging } = proxyConfig('', '');
  const oomScoreAdj = Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
  const adapted = { ...objectOf(load(config)), clusterCIDR, conntrack, logging, oomScoreAdj, ...changes };
  return {
    'config/config.conf': dump(adapted),
    'config/kubeconfig.conf': kubeconfig.replace(/server: .*/, `server: ${read(labKubeconfig).server}`),
  };
}

function serviceAccountFiles(kubeconfig: string): Record<string, string> {
  const { ca, token } = read(kubeconfig);
  return { 'service-account/ca.crt': ca, 'service-account/token': token };
}

function writeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
}

function read(kubeconfig: string) {
  const { clusters, users } = objectOf(load(readFileSync(kubeconfig, 'utf8')));
  const cluster = objectOf(objectOf(arrayOf(clusters)[0])['cluster']);
  const user = objectOf(objectOf(arrayOf(users)[0])['user']);
  const ca = Buffer.from(stringOf(cluster['certificate-authority-data']), 'base64').toString();
  return { server: stringOf(cluster['server']), ca, token: stringOf(user['token']) };
}
