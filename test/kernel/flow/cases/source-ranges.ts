// loadBalancerSourceRanges (KP 3.2, 3.5; the firewall chains of nftables mode, which come before everything else).
import { DROPPED, type EndpointName, REJECTED, reaches } from '../expectation.ts';
import { type FlowGroup, probesOf, reachProbes, refusalProbes } from '../flow-case.ts';
import { type FlowService, type FlowServiceSpec, flowService, ready } from '../flow-service.ts';
import { manifestsOf } from '../manifests.ts';
import { nodeFromItsAddress, outside, pod } from '../source.ts';
import { BOUND_VIPS, CLIENT_IPS, type DualStack, OTHER_CLIENT_IPS, podIps } from '../world.ts';

const ENDPOINTS: readonly EndpointName[] = ['pod-1-1:8080', 'pod-2-1:8080'];
const VIP = 'load-balancer IP';

const [stranger = CLIENT_IPS] = OTHER_CLIENT_IPS;
const inside = outside('node-1');
const beyond = outside('node-1', stranger);
const onNode1 = pod('pod-1-17');
const otherOnNode1 = pod('pod-1-18');

const NODE_RANGES = ['192.0.2.0/24', '2001:db8:2::/64'];
const CLIENT_RANGES = hostRanges(CLIENT_IPS);

export function sourceRangeGroups(): FlowGroup[] {
  return [ranges(), policies(), nodesOwnAddress()];
}

function ranges(): FlowGroup {
  const service = rangesService(221, 'clients', CLIENT_RANGES);
  const empty = rangesService(222, 'empty', CLIENT_RANGES, { endpoints: [] });
  const zero = rangesService(223, 'zero', ['0.0.0.0/0', '::/0', ...CLIENT_RANGES]);
  const otherFamily = rangesService(224, 'other-family', ['2001:db8:51::10/128']);
  const reach = { kind: VIP, endpoints: ENDPOINTS, isMasqueraded: true } as const;
  return {
    name: 'source ranges',
    manifests: manifestsOf(service, empty, zero, otherFamily),
    cases: [
      { name: 'let clients in them pass', probes: reachProbes({ ...reach, service, from: inside }) },
      {
        name: 'drop other clients',
        probes: refusalProbes({ service, kind: VIP, from: beyond, expected: DROPPED }),
      },
      {
        name: 'drop pods that are not in them',
        probes: refusalProbes({ service, kind: VIP, from: onNode1, expected: DROPPED }),
      },
      {
        name: 'drop the node that is not in them',
        probes: refusalProbes({ service, kind: VIP, from: nodeFromItsAddress('node-1'), expected: DROPPED }),
      },
      {
        name: 'say nothing about the ClusterIP',
        probes: reachProbes({ service, from: beyond, endpoints: ENDPOINTS, isMasqueraded: true }),
      },
      {
        name: 'say nothing about the NodePort',
        probes: reachProbes({ ...reach, service, kind: 'NodePort', from: beyond }),
      },
      {
        name: 'drop other clients of a Service without endpoints',
        probes: refusalProbes({ service: empty, kind: VIP, from: beyond, expected: DROPPED }),
      },
      {
        name: 'let clients in them know that a Service has no endpoints',
        probes: refusalProbes({ service: empty, kind: VIP, from: inside, expected: REJECTED }),
      },
      {
        name: 'with one that holds everything let everybody pass',
        probes: reachProbes({ ...reach, service: zero, from: beyond }),
      },
      {
        name: 'of one family let everybody of the other pass',
        probes: reachProbes({ ...reach, service: otherFamily, from: beyond, families: ['IPv4'] }),
      },
      {
        name: 'of one family still drop others of that family',
        probes: refusalProbes({
          service: otherFamily,
          kind: VIP,
          from: beyond,
          families: ['IPv6'],
          expected: DROPPED,
        }),
      },
    ],
  };
}

/** Source ranges come first, the policy decides about who passes them. */
function policies(): FlowGroup {
  const allowed = [...CLIENT_RANGES, ...hostRanges(podIps('pod-1-17'))];
  const local = rangesService(225, 'local', allowed, { externalPolicy: 'Local' });
  const reach = { service: local, kind: VIP } as const;
  return {
    name: 'source ranges under policy Local',
    manifests: manifestsOf(local),
    cases: [
      {
        name: 'let clients in them pass to local endpoints',
        probes: reachProbes({ ...reach, from: inside, endpoints: ['pod-1-1:8080'] }),
      },
      {
        name: 'let pods in them pass to all endpoints',
        probes: reachProbes({ ...reach, from: onNode1, endpoints: ENDPOINTS }),
      },
      { name: 'drop other pods', probes: refusalProbes({ ...reach, from: otherOnNode1, expected: DROPPED }) },
      {
        name: 'drop clients in them on a node without endpoints',
        probes: refusalProbes({ ...reach, from: outside('node-3'), expected: DROPPED }),
      },
    ],
  };
}

/** A load-balancer IP that is an address of the node is the source of the node's connections to it. */
function nodesOwnAddress(): FlowGroup {
  const service = rangesService(226, 'node', NODE_RANGES);
  const bound = rangesService(227, 'node-bound', NODE_RANGES, {
    loadBalancerIps: Object.values(BOUND_VIPS.open),
  });
  const closed = rangesService(228, 'node-closed', CLIENT_RANGES, {
    loadBalancerIps: Object.values(BOUND_VIPS.closed),
  });
  const reach = { endpoints: ENDPOINTS, isMasqueraded: true } as const;
  return {
    name: 'source ranges that hold the node',
    manifests: manifestsOf(service, bound, closed),
    cases: [
      {
        name: 'let the node pass',
        probes: reachProbes({ ...reach, service, kind: VIP, from: nodeFromItsAddress('node-3') }),
      },
      {
        name: 'let the node pass that has the load-balancer IP itself',
        probes: probesOf({
          ...ownAddress(BOUND_VIPS.open),
          expected: (family) => reaches({ ...reach, ...ownAddress(BOUND_VIPS.open) }, family),
        }),
      },
      {
        name: 'are asked for: without them the node that has the load-balancer IP itself is dropped',
        probes: probesOf({ ...ownAddress(BOUND_VIPS.closed), expected: () => DROPPED }),
      },
      {
        name: 'drop clients outside',
        probes: refusalProbes({ service, kind: VIP, from: inside, expected: DROPPED }),
      },
    ],
  };
}

function rangesService(
  number: number,
  name: string,
  sourceRanges: readonly string[],
  fields: Partial<FlowServiceSpec> = {},
): FlowService {
  const endpoints = ready(...ENDPOINTS);
  return flowService({
    number,
    name: `ranges-${name}`,
    type: 'LoadBalancer',
    sourceRanges,
    endpoints,
    ...fields,
  });
}

function hostRanges({ IPv4, IPv6 }: DualStack): string[] {
  return [`${IPv4}/32`, `${IPv6}/128`];
}

/** node-1 at an address that is its own. */
function ownAddress(ips: DualStack) {
  return { from: nodeFromItsAddress('node-1', ips), to: { ips, port: 80 } };
}
