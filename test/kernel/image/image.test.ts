// The image, built from the Dockerfile without a container engine, and run on nodes of the lab as the DaemonSets say: role,
// capabilities, mounts, read-only root.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IptablesVariant } from '../../../src/dataplane/iptables/tools.ts';
import type { Daemon } from '../../../src/lab/daemon.ts';
import type { Attempt } from '../../../src/lab/traffic/probe.ts';
import { tally } from '../../../src/lab/traffic/tally.ts';
import { VERSION } from '../../../src/version.ts';
import { until } from '../daemon/until.ts';
import { allGroups } from '../flow/cases/all-groups.ts';
import type { FlowDaemonPlace } from '../flow/flow-dataplane.ts';
import { flowSuite } from '../flow/flow-suite.ts';
import { buildImage, type Image } from './build-image.ts';
import { type ImageBed, startImageBed } from './image-bed.ts';
import {
  createPod,
  execInContainer,
  isAnswered,
  type Pod,
  runInitContainers,
  startContainer,
} from './pod.ts';

const VARIANTS: readonly IptablesVariant[] = ['legacy', 'nft'];
/** CAP_NET_ADMIN and CAP_NET_RAW (linux/capability.h). */
const CAPABILITIES = (1n << 12n) | (1n << 13n);
const MAX_SIZE_MB = 300;
/** Of the packet-flow suite: what shows most of what a container may lack. */
const FLOW_GROUPS = /endpoints all ready|host network|^NodePorts|source ranges/;
/** Node then says of each file whether its compiled code was found. */
const REPORTING_CACHE = ['env', 'NODE_DEBUG_NATIVE=COMPILE_CACHE'];
const WEB_PODS = ['web-node-1', 'web-node-2', 'web-node-3'];

let image: Image;
let bed: ImageBed;
beforeAll(async () => {
  const startedAt = performance.now();
  image = await buildImage();
  console.log(`the image is built after ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  bed = await startImageBed(image);
}, 300_000);

afterAll(async () => {
  await bed?.lab.close();
  image?.remove();
});

describe('the image', () => {
  it('is small enough to be pulled by every node', async () => {
    const { stdout } = await execa('du', ['-sk', image.root]);
    const megabytes = Math.round(Number(stdout.split('\t')[0]) / 1_024);
    console.log(`the image has ${megabytes} MiB, unpacked`);
    expect(megabytes).toBeLessThan(MAX_SIZE_MB);
  });

  it('has the daemon under its own name and as kube-proxy, with its compiled code', async () => {
    expect((await execInContainer(bed.pods.nft, ['fairlead', 'version'])).all).toContain(VERSION);
    const { all } = await execInContainer(bed.pods.nft, [
      ...REPORTING_CACHE,
      'kube-proxy',
      '--config=/nonexistent',
    ]);
    expect(all).toContain('/nonexistent');
    expect(cacheOutcomes(all)).toContainEqual(['run', 'accepted']);
  });

  it.each(['iptables', 'nftables'])('has the compiled code of mode %s', async (mode) => {
    const load = `node -e "import('$(echo /opt/fairlead/dist/${mode}-kernels-*.js)')"`;
    const { all } = await execInContainer(bed.pods.nft, [...REPORTING_CACHE, 'sh', '-c', load]);
    expect(cacheOutcomes(all)).toContainEqual([`${mode}-kernels`, 'accepted']);
  });

  it.each([
    ...VARIANTS.flatMap((variant) => [`iptables-${variant}-restore`, `ip6tables-${variant}-save`]),
    ...['nft', 'ipset', 'nfacct', 'conntrack', 'ipvsadm', 'modprobe'],
  ])('has %s', async (program) => {
    expect((await execInContainer(bed.pods.nft, ['sh', '-c', `command -v ${program}`])).exitCode).toBe(0);
  });

  it('has neither the lab nor a package manager nor packages that the bundle contains', async () => {
    expect((await execInContainer(bed.pods.nft, ['fairlead', 'lab', 'demo'])).all).toContain(
      'not in the image',
    );
    const files = readdirSync(join(image.root, 'opt/fairlead/dist'));
    expect(files).not.toContain('traffic-worker.js');
    const packages = readdirSync(join(image.root, 'opt/fairlead/node_modules'));
    expect(packages).toEqual(expect.arrayContaining(['koffi', 'pino']));
    expect(packages).not.toEqual(expect.arrayContaining(['execa']));
    expect(readdirSync(join(image.root, 'usr/local/bin')).sort()).toEqual(['fairlead', 'kube-proxy', 'node']);
  });
});

describe.each(VARIANTS)('the pod on a node that uses iptables-%s', (variant) => {
  let pod: Pod;
  let daemon: Daemon;
  beforeAll(async () => {
    pod = bed.pods[variant];
    await runInitContainers(pod);
    daemon = startContainer(pod);
    await until('the pod is ready', () => isAnswered(pod, pod.container.readinessProbe?.httpGet));
  });

  it('finds the node prepared, and is alive', async () => {
    expect(warningsOf(daemon)).toEqual([]);
    expect(await isAnswered(pod, pod.container.livenessProbe?.httpGet)).toBe(true);
  });

  it('has two capabilities, and can gain none', () => {
    const status = readFileSync(`/proc/${processIn(daemon)}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\w+)`, 'm').exec(status)?.[1] ?? '';
    for (const set of ['CapPrm', 'CapEff', 'CapBnd'])
      expect(BigInt(`0x${field(set)}`), set).toBe(CAPABILITIES);
    expect(field('NoNewPrivs')).toBe('1');
  });

  it('serves ClusterIPs, with session affinity too', async () => {
    const shell = bed.lab.pod(`shell-${pod.nodeName}`);
    for (const to of bed.ipsOf('web').clusterIps) {
      expect(answeredBy(await shell.probe({ to, port: 80, count: 60 })), to).toEqual(WEB_PODS);
    }
    const [to = ''] = bed.ipsOf('web-sticky').clusterIps;
    expect(answeredBy(await shell.probe({ to, port: 80, count: 40, concurrency: 1 }))).toHaveLength(1);
  });

  it('serves NodePorts, on the loopback address too', async () => {
    const node = bed.lab.node(pod.nodeName);
    for (const to of Object.values(node.ips)) {
      const attempts = await bed.lab.client.probe({ to, port: 30080, via: pod.nodeName, count: 60 });
      expect(answeredBy(attempts), to).toEqual(WEB_PODS);
    }
    expect(answeredBy(await node.probe({ to: '127.0.0.1', port: 30080, count: 60 }))).toEqual(WEB_PODS);
  });

  it('serves load-balancer addresses, where pods see the client', async () => {
    for (const to of bed.ipsOf('web-public').loadBalancerIps) {
      const attempts = await bed.lab.client.probe({ to, port: 80, via: pod.nodeName, count: 10 });
      expect(answeredBy(attempts), to).toEqual([`web-${pod.nodeName}`]);
      expect(bed.lab.client.allIps).toEqual(expect.arrayContaining([...tally(attempts).sources]));
    }
  });

  it('shows people the rules that are in use, under the plain names of iptables', async () => {
    const { all } = await execInContainer(pod, ['iptables-save', '-t', 'nat']);
    expect(all).toContain('KUBE-SERVICES');
    const version = await execInContainer(pod, ['ip6tables', '--version']);
    expect(version.all).toContain(variant === 'legacy' ? '(legacy)' : '(nf_tables)');
  });

  it('ends when it is told to, and leaves its rules', async () => {
    process.kill(processIn(daemon), 'SIGTERM');
    expect(await daemon.stop()).toBe(0);
    const [to = ''] = bed.ipsOf('web').clusterIps;
    expect(answeredBy(await bed.lab.node(pod.nodeName).probe({ to, port: 80, count: 60 }))).toEqual(WEB_PODS);
  });

  it.each(['NET_ADMIN', 'NET_RAW'])('needs the capability %s', async (name) => {
    const { securityContext } = pod.container;
    const { add = [], drop = [] } = securityContext?.capabilities ?? {};
    const capabilities = { drop, add: add.filter((capability) => capability !== name) };
    const poorer = startContainer(pod, { securityContext: { ...securityContext, capabilities } });
    await poorer.waitFor(({ msg }) => msg.startsWith('ipset or xt_set is missing'));
    await poorer.kill();
  });
});

describe("kubeadm's pod with this image", () => {
  let daemon: Daemon;
  beforeAll(async () => {
    daemon = startContainer(bed.pods.kubeadm);
    await until('the node has all rules', () =>
      isAnswered(bed.pods.kubeadm, { port: 10256, path: '/readyz' }),
    );
  });

  it('prepares the node by itself', async () => {
    const settings = warningsOf(daemon).filter(({ err }) => err !== undefined);
    expect(settings).toEqual([]);
    const { stdout } = await bed.lab
      .node('node-3')
      .exec('sysctl', ['-n', 'net.ipv4.conf.all.route_localnet']);
    expect(stdout.trim()).toBe('1');
  });

  it('serves Services', async () => {
    const node = bed.lab.node('node-3');
    for (const to of [...bed.ipsOf('web').clusterIps, ...bed.ipsOf('web-sticky').clusterIps]) {
      expect(answeredBy(await node.probe({ to, port: 80, count: 10 })), to).not.toEqual([]);
    }
    expect(answeredBy(await node.probe({ to: '127.0.0.1', port: 30080, count: 10 }))).not.toEqual([]);
  });
});

flowSuite(
  { name: 'the pod of manifests/base', mode: 'iptables', startDaemon: startInPod },
  { groups: allGroups().filter(({ name }) => FLOW_GROUPS.test(name)), experiments: [] },
);

async function startInPod(place: FlowDaemonPlace): Promise<Daemon> {
  const pod = createPod({ ...place, image, manifest: bed.base });
  await runInitContainers(pod);
  return startContainer(pod);
}

/** The daemon's own process: the first in its own namespace of processes. */
function processIn({ pid }: Daemon): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

/** Each file of the bundle, without the hash in its name, and what became of its compiled code. */
function cacheOutcomes(output: string): string[][] {
  const outcomes = output.matchAll(/cache for .*\/([\w-]+?)(?:-[A-Z0-9]{8})?\.js.* was (\w+)/g);
  return Array.from(outcomes, ([, ...pair]) => pair);
}

function warningsOf({ events }: Daemon) {
  return events.filter(({ level }) => ['warn', 'error', 'fatal'].includes(String(level)));
}

function answeredBy(attempts: readonly Attempt[]): string[] {
  const { answeredBy, errors } = tally(attempts);
  expect(errors).toEqual({});
  return Object.keys(answeredBy);
}
