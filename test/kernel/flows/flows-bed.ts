// The lab of these tests: a daemon on node-1, a UDP Service that tests give endpoints to, and the node's table of flows.
import { deleteObject } from '../../../src/lab/api-server/registry.ts';
import { services } from '../../../src/lab/api-server/resources.ts';
import { ControlPlane } from '../../../src/lab/control-plane/control-plane.ts';
import { Daemon, type LogEvent } from '../../../src/lab/daemon.ts';
import { Lab } from '../../../src/lab/lab.ts';
import type { Place, ProbeOptions } from '../../../src/lab/place.ts';
import { Conntrack } from '../../../src/system/conntrack.ts';
import { CTA_ID, NFGENMSG_BYTES } from '../../../src/system/netlink/ctnetlink.ts';
import { attributesOf } from '../../../src/system/netlink/message-reader.ts';
import { NETLINK_NETFILTER, openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { type TrackedFlow, trackFlows } from '../../builders/tracked-flows.ts';

export const NODE = 'node-1';
export const FRONTENDS = {
  clusterIp: '10.96.1.53',
  clusterIpV6: 'fd00:10:96::53',
  loadBalancerIp: '203.0.113.53',
  port: 53,
  nodePort: 30_053,
} as const;
const ENDPOINT_PORT = 8080;

export interface FlowsBed {
  readonly lab: Lab;
  readonly controlPlane: ControlPlane;
  /** A pod on the daemon's node. */
  readonly asker: Place;
}

export async function startFlowsBed(): Promise<FlowsBed> {
  const lab = await Lab.start({
    nodes: [{ name: NODE }, { name: 'node-2' }],
    pods: [
      { name: 'asker', node: NODE },
      { name: 'first', node: NODE, ports: [ENDPOINT_PORT] },
      { name: 'second', node: 'node-2', ports: [ENDPOINT_PORT] },
    ],
  });
  try {
    const controlPlane = await ControlPlane.start(lab);
    controlPlane.apply('apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n');
    return { lab, controlPlane, asker: lab.pod('asker') };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

const CHECKED = ['stale UDP flows removed', 'no stale UDP flows'];

/** Starts the daemon; resolves when the flows of both families have been checked for the first time. */
export async function startDaemon({ lab, controlPlane }: FlowsBed): Promise<Daemon> {
  const daemon = new Daemon(lab, NODE, {
    kubeconfig: controlPlane.proxyKubeconfig,
    env: { FAIRLEAD_IPTABLES: 'nft' },
    config: { logging: { format: 'json', verbosity: 4 } },
  });
  for (const family of ['IPv4', 'IPv6'])
    await daemon.waitFor(({ msg, ...fields }) => CHECKED.includes(msg) && fields['family'] === family);
  return daemon;
}

/** The next removal of stale flows in the family, of those that the daemon logs from now on. */
export function nextRemoval(daemon: Daemon, family: 'IPv4' | 'IPv6' = 'IPv4'): Promise<LogEvent> {
  const isRemoval = ({ msg, ...fields }: LogEvent) =>
    msg === 'stale UDP flows removed' && fields['family'] === family;
  return daemon.waitFor(isRemoval, { since: daemon.events.length, timeoutMs: 10_000 });
}

/** Creates the Service, or changes its port. */
export function putService({ controlPlane }: FlowsBed, port: number = FRONTENDS.port): void {
  controlPlane.apply(`
apiVersion: v1
kind: Service
metadata: {name: udp, namespace: shop}
spec:
  type: LoadBalancer
  ipFamilyPolicy: RequireDualStack
  ipFamilies: [IPv4, IPv6]
  clusterIP: ${FRONTENDS.clusterIp}
  clusterIPs: ['${FRONTENDS.clusterIp}', '${FRONTENDS.clusterIpV6}']
  ports: [{protocol: UDP, port: ${port}, targetPort: ${ENDPOINT_PORT}, nodePort: ${FRONTENDS.nodePort}}]
status: {loadBalancer: {ingress: [{ip: ${FRONTENDS.loadBalancerIp}}]}}
`);
}

export function deleteService({ controlPlane }: FlowsBed): void {
  deleteObject(controlPlane.cluster, services, { namespace: 'shop', name: 'udp' });
}

/** Makes these pods the endpoints of the Service, in both families. */
export function putEndpoints({ controlPlane, lab }: FlowsBed, ...pods: readonly string[]): void {
  for (const family of ['IPv4', 'IPv6'] as const) {
    const endpoints = pods.map((name) => ({
      addresses: [lab.pod(name).ips[family]],
      conditions: { ready: true, serving: true },
      nodeName: name === 'second' ? 'node-2' : NODE,
    }));
    controlPlane.apply([
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `udp-${family.toLowerCase()}`,
          namespace: 'shop',
          labels: { 'kubernetes.io/service-name': 'udp' },
        },
        addressType: family,
        endpoints,
        ports: [{ name: '', protocol: 'UDP', port: ENDPOINT_PORT }],
      },
    ]);
  }
}

/** Who answers one datagram, or the error. */
export async function ask(place: Place, options: Omit<ProbeOptions, 'protocol'>): Promise<string> {
  const [attempt] = await place.probe({ protocol: 'UDP', timeoutMs: 500, ...options });
  if (!attempt) throw new Error('no attempt');
  return attempt.ok ? attempt.answer.name : attempt.error;
}

/** The UDP flows of the daemon's node, as `destination <- who answers`. */
export async function flowsOf(bed: FlowsBed, family: 'IPv4' | 'IPv6' = 'IPv4'): Promise<string[]> {
  return Array.from((await flowsById(bed, family)).values()).sort();
}

/** Forgets what the node tracks of UDP, so that a test begins without the flows of others. */
export async function clearFlows({ lab }: FlowsBed): Promise<void> {
  const table = inNetns(lab.node(NODE).netns, () => Conntrack.open(openNetlinkSocket));
  for (const family of ['IPv4', 'IPv6'] as const)
    for await (const part of table.udpFlows({ family, destination: undefined })) table.delete([...part]);
  table.close();
}

/** The same by the kernel's id, which a flow that takes the place of another one does not inherit. */
export async function flowsById({ lab }: FlowsBed, family: 'IPv4' | 'IPv6'): Promise<Map<string, string>> {
  const table = inNetns(lab.node(NODE).netns, () => Conntrack.open(openNetlinkSocket));
  const flows = new Map<string, string>();
  for await (const part of table.udpFlows({ family, destination: undefined }))
    for (const { destinationIp, destinationPort, replyIp, replyPort, message } of part) {
      const id = attributesOf(message, NFGENMSG_BYTES).get(CTA_ID)?.toString('hex') ?? '';
      flows.set(id, `${destinationIp}:${destinationPort} <- ${replyIp}:${replyPort}`);
    }
  table.close();
  return flows;
}

export function track({ lab }: FlowsBed, ...flows: readonly TrackedFlow[]): void {
  const socket = inNetns(lab.node(NODE).netns, () => openNetlinkSocket({ protocol: NETLINK_NETFILTER }));
  trackFlows(socket, flows);
  socket.close();
}
