// A client, a router and a server in a row, each a namespace: the router has the rules that are measured, the server answers
// on every address that a pod can have.
import { setSysctls } from '../../../src/lab/wires/sysctls.ts';
import { CLUSTER_CIDR } from '../populations/nodes.ts';
import type { Netns, NetnsFactory } from './netns.ts';

export interface Lane {
  readonly client: Netns;
  readonly router: Netns;
  readonly server: Netns;
  readonly remove: () => Promise<void>;
}

/** Of our own node's pods, but none of a population's: traffic of pods is not masqueraded. */
const CLIENT_IP = '10.128.250.2';

const TO_CLIENT = '169.254.1.1';
const TO_SERVER = '169.254.2.1';
const SERVER_IP = '169.254.2.2';

export async function createLane(factory: NetnsFactory): Promise<Lane> {
  const [client, router, server] = [await factory.create(), await factory.create(), await factory.create()];
  setSysctls(router.name, 'router');
  await batch(router, [
    `link add client type veth peer name eth0 netns ${client.name}`,
    `link add server type veth peer name eth0 netns ${server.name}`,
    'link set client up',
    'link set server up',
    `address add ${TO_CLIENT}/32 dev client`,
    `address add ${TO_SERVER}/32 dev server`,
    `route add ${CLIENT_IP} dev client`,
    `route add ${SERVER_IP} dev server`,
    // Through one neighbour: the kernel has room for a thousand of them in all namespaces together.
    `route add ${CLUSTER_CIDR} via ${SERVER_IP} dev server`,
  ]);
  await batch(client, [
    'link set eth0 up',
    `address add ${CLIENT_IP}/32 dev eth0`,
    `route add ${TO_CLIENT} dev eth0`,
    `route add default via ${TO_CLIENT}`,
  ]);
  await batch(server, [
    'link set eth0 up',
    `address add ${SERVER_IP}/32 dev eth0`,
    `route add ${TO_SERVER} dev eth0`,
    `route add ${CLIENT_IP} via ${TO_SERVER} dev eth0`,
    // In the main table, where the client's own route goes before it.
    `route add local ${CLUSTER_CIDR} dev lo table main`,
  ]);
  const remove = async () => {
    await Promise.all([client, router, server].map((netns) => netns.remove()));
  };
  return { client, router, server, remove };
}

async function batch(netns: Netns, lines: readonly string[]): Promise<void> {
  await netns.run('ip', ['-batch', '-'], [`${lines.join('\n')}\n`]);
}
