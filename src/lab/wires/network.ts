// Makes the wires: namespaces, links, addresses, routes. A few `ip -batch` calls, because each process costs milliseconds.
import { type Command, exec } from '../../system/exec.ts';
import {
  bridgeLines,
  bridgeLinkLines,
  clientLines,
  clientRuleLines,
  controlPlaneLines,
  netnsLines,
  nodeLines,
  podLines,
  podLinkLines,
  podRouteLines,
} from './ip-commands.ts';
import { setSysctls } from './sysctls.ts';
import type { PodHost, Topology } from './topology.ts';

const IP_TIMEOUT_MS = 60_000;

/** Makes everything but the pods. */
export async function createNetwork(topology: Topology): Promise<void> {
  const { nodes, client, controlPlane, wires } = topology;
  const hosts = [wires, client.netns, controlPlane.netns];
  const routers = nodes.map(({ netns }) => netns);
  await ipBatch([], netnsLines([...hosts, ...routers]));
  for (const netns of hosts) setSysctls(netns, 'host');
  for (const netns of routers) setSysctls(netns, 'router');
  await ipBatch([], bridgeLinkLines(topology));
  await Promise.all([
    ipBatch(['-n', wires], bridgeLines(topology)),
    ipBatch(['-n', client.netns], clientLines(topology)),
    ipBatch(['-4', '-n', client.netns], clientRuleLines(topology)),
    ipBatch(['-6', '-n', client.netns], clientRuleLines(topology)),
    ipBatch(['-n', controlPlane.netns], controlPlaneLines(topology)),
    ...nodes.map((node) => ipBatch(['-n', node.netns], nodeLines(topology, node))),
  ]);
}

/** Makes the pods' namespaces and hangs them on their nodes. */
export async function addPods(pods: readonly PodHost[]): Promise<void> {
  await ipBatch([], netnsLines(pods.map(({ netns }) => netns)));
  for (const { netns } of pods) setSysctls(netns, 'host');
  await ipBatch([], podLinkLines(pods));
  const podsByNode = Map.groupBy(pods, (pod) => pod.node.netns);
  await Promise.all([
    ...pods.map((pod) => ipBatch(['-n', pod.netns], podLines(pod))),
    ...Array.from(podsByNode, ([netns, ofNode]) => ipBatch(['-n', netns], ofNode.flatMap(podRouteLines))),
  ]);
}

/** Takes the pod off its node: the link goes, and with it the routes. */
export async function removePod(pod: PodHost): Promise<void> {
  await ipBatch(['-n', pod.node.netns], [`link delete ${pod.nodeLink}`]);
  await ipBatch([], [`netns delete ${pod.netns}`]);
}

async function ipBatch(options: readonly string[], lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const command: Command = {
    file: 'ip',
    args: [...options, '-batch', '-'],
    input: [`${lines.join('\n')}\n`],
    timeoutMs: IP_TIMEOUT_MS,
  };
  const { exitCode, stderr } = await exec(command);
  if (exitCode !== 0) throw new Error(`ip ${command.args.join(' ')} failed: ${stderr}\n${lines.join('\n')}`);
}
