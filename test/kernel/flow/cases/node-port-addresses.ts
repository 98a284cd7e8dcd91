// Where NodePorts answer: nodePortAddresses and localhost NodePorts (KP 3.8, 3.15). The configurations are in world.ts.
import { type Expectation, REFUSED_BY_HOST, reaches } from '../expectation.ts';
import { type FlowCase, type FlowGroup, type FlowProbe, probesOf } from '../flow-case.ts';
import { flowService, ready } from '../flow-service.ts';
import { manifestsOf } from '../manifests.ts';
import { nodeFromItsAddress, outside, podThrough, type Source } from '../source.ts';
import {
  type DualStack,
  FAMILIES,
  FAR_IPS,
  type Family,
  type NodeName,
  nodeIps,
  secondIps,
} from '../world.ts';
import { FAR, NEAR, onNode1 } from './cast.ts';

const LOCALHOST: DualStack = { IPv4: '127.0.0.1', IPv6: '::1' };
const FAR_LOCALHOST: DualStack = { IPv4: '127.9.9.9', IPv6: '' };
/** Only IPv4: of IPv6 it is a link-local address, to which no packet is routed. */
const POD_GATEWAY: DualStack = { IPv4: '169.254.1.1', IPv6: '' };

const IPV4: readonly Family[] = ['IPv4'];
const IPV6: readonly Family[] = ['IPv6'];

const service = flowService({
  number: 211,
  name: 'node-port-addresses',
  type: 'NodePort',
  endpoints: ready(NEAR, FAR),
});

export function nodePortAddressGroup(): FlowGroup {
  return {
    name: 'NodePorts',
    manifests: manifestsOf(service),
    cases: [
      served('on all addresses, the first', outside('node-1'), nodeIps('node-1')),
      served(
        'on all addresses, for a pod of another node',
        podThrough('pod-3-1', 'node-1'),
        nodeIps('node-1'),
      ),
      served('on all addresses, the second', outside('node-1'), secondIps('node-1')),
      served('on all addresses, what pods see as their gateway', onNode1, POD_GATEWAY, IPV4),
      served('on all addresses, 127.0.0.1', loopback('node-1'), LOCALHOST, IPV4),
      served('on all addresses, 127.9.9.9', loopback('node-1'), FAR_LOCALHOST, IPV4),
      refused('on all addresses, ::1', loopback('node-1'), LOCALHOST, IPV6),
      served('on all addresses without localhost, the second', outside('node-4'), secondIps('node-4')),
      refused('on all addresses without localhost, 127.0.0.1', loopback('node-4'), LOCALHOST, IPV4),
      served('on primary, the first', outside('node-2'), nodeIps('node-2')),
      refused('on primary, the second', outside('node-2'), secondIps('node-2')),
      refused('on primary, localhost', loopback('node-2'), LOCALHOST),
      served('on 192.0.2.0/24, the first', outside('node-3'), nodeIps('node-3')),
      served('on 192.0.2.0/24, another in it', outside('node-3'), secondIps('node-3')),
      refused('on 192.0.2.0/24, one outside of it', outside('node-3'), FAR_IPS, IPV4),
      served('on 192.0.2.0/24, any of IPv6', outside('node-3'), FAR_IPS, IPV6),
      refused('on 192.0.2.0/24, localhost', loopback('node-3'), LOCALHOST),
      served('on 127.0.0.0/8, 127.0.0.1', loopback('node-5'), LOCALHOST, IPV4),
      refused('on 127.0.0.0/8, the first', outside('node-5'), nodeIps('node-5'), IPV4),
      served('on 127.0.0.0/8, any of IPv6', outside('node-5'), nodeIps('node-5'), IPV6),
    ],
  };
}

function served(name: string, from: Source, ips: DualStack, families = FAMILIES): FlowCase {
  const expected = (family: Family) => reaches({ from, endpoints: [NEAR, FAR], isMasqueraded: true }, family);
  return { name: `${name}: served`, probes: nodePortProbes(from, ips, families, expected) };
}

function refused(name: string, from: Source, ips: DualStack, families = FAMILIES): FlowCase {
  return {
    name: `${name}: refused by the host`,
    probes: nodePortProbes(from, ips, families, () => REFUSED_BY_HOST),
  };
}

function nodePortProbes(
  from: Source,
  ips: DualStack,
  families: readonly Family[],
  expected: (family: Family) => Expectation,
): FlowProbe[] {
  return probesOf({ from, to: { ips, port: service.nodePort }, families, expected });
}

function loopback(node: NodeName): Source {
  return nodeFromItsAddress(node, LOCALHOST);
}
