// The lab of the suite: the network that world.ts describes, with its pods serving.
import { Lab } from '../../../src/lab/lab.ts';
import type { Place } from '../../../src/lab/place.ts';
import type { Source } from './source.ts';
import {
  HOST_PORT,
  isPod,
  MANY_PODS,
  MANY_PORTS,
  NODES,
  OTHER_CLIENT_IPS,
  POD_PORTS,
  podNames,
  secondIps,
} from './world.ts';

/** Resolves when packets flow. The caller closes it; if it cannot, the lab's reaper does. */
export async function startFlowLab(): Promise<Lab> {
  const lab = await Lab.start({
    nodes: NODES.map(({ name, zone, extraIps }) => {
      const { IPv4, IPv6 } = secondIps(name);
      return { name, zone, extraIps: [IPv4, IPv6, ...extraIps] };
    }),
    pods: NODES.flatMap((node) =>
      podNames(node).map((name) => {
        const ports = MANY_PODS.includes(name) ? [...POD_PORTS, ...MANY_PORTS] : POD_PORTS;
        return { name, node: node.name, ports };
      }),
    ),
    clientExtraIps: OTHER_CLIENT_IPS.flatMap(({ IPv4, IPv6 }) => [IPv4, IPv6]),
  });
  await Promise.all(lab.nodes.map((node) => node.listen([HOST_PORT])));
  return lab;
}

export function placeOfSource(lab: Lab, { place }: Source): Place {
  if (place === 'client') return lab.client;
  return isPod(place) ? lab.pod(place) : lab.node(place);
}
