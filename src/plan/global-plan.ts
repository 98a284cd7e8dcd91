// What the configuration and the node decide for all Services of a family.
import {
  type Cidr,
  cidrContains,
  hostCidr,
  type Ip,
  type IpFamily,
  ipFamilyOf,
  isLoopback,
  isZeroCidr,
} from '../model/ip.ts';
import { assertNever } from '../util/assert-never.ts';
import type { GlobalPlan, LocalDetector, NodePortAddresses } from './plan.ts';
import type { NodeView, PlanConfig } from './plan-config.ts';

export interface GlobalInputs {
  readonly family: IpFamily;
  readonly config: PlanConfig;
  readonly node: NodeView;
  /** Of all ServiceCIDR objects, both families. */
  readonly serviceCidrs: readonly Cidr[];
}

/** Equal inputs in any order give equal plans. */
export function planGlobal(inputs: GlobalInputs): GlobalPlan {
  const { family, config, node, serviceCidrs } = inputs;
  const allowsLoopback = family === 'IPv4' && config.localhostNodePorts;
  const nodePortAddresses = planNodePortAddresses(inputs, allowsLoopback);
  return {
    masqueradeMark: 2 ** config.masqueradeBit,
    masqueradeAll: config.masqueradeAll,
    localDetector: planLocalDetector(inputs),
    nodePortAddresses,
    hasLocalhostNodePorts: allowsLoopback && coversLoopback(nodePortAddresses),
    serviceCidrs: sortedOfFamily(serviceCidrs, family),
    nodeAddresses: sortedOfFamily(node.addresses, family),
  };
}

/** getLocalDetectors in cmd/kube-proxy/app/server_linux.go: without a CIDR of the family nobody counts as a local pod. */
function planLocalDetector({ family, config, node }: GlobalInputs): LocalDetector {
  switch (config.detectLocalMode) {
    case 'ClusterCIDR':
      return sourceCidr(config.clusterCidrs, family);
    case 'NodeCIDR':
      return sourceCidr(node.podCidrs, family);
    case 'BridgeInterface':
      return { kind: 'input-interface', name: config.bridgeInterface };
    case 'InterfaceNamePrefix':
      return { kind: 'input-interface-prefix', prefix: config.interfaceNamePrefix };
    default:
      return assertNever(config.detectLocalMode);
  }
}

function sourceCidr(cidrs: readonly Cidr[], family: IpFamily): LocalDetector {
  const cidr = cidrs.find((candidate) => ipFamilyOf(candidate) === family);
  return cidr ? { kind: 'source-cidr', cidr } : { kind: 'none' };
}

/**
 * NodePortAddresses in pkg/proxy/util/nodeport_addresses.go: no CIDR of the family, or one that holds everything, means all
 * addresses. Where upstream opens NodePorts on all addresses because `primary` was asked for and the node's IP is unknown,
 * here there are none until it is known: an operator who restricts NodePorts must not get more of them.
 */
function planNodePortAddresses(
  { family, config, node }: GlobalInputs,
  allowsLoopback: boolean,
): NodePortAddresses {
  const primaryIp = node.primaryIps[family];
  const wanted = config.nodePortAddresses.flatMap((entry) => {
    if (entry === 'primary') return primaryIp && !isLoopback(primaryIp) ? [hostCidr(primaryIp)] : [];
    return ipFamilyOf(entry) === family ? [entry] : [];
  });
  const isRestricted = wanted.length > 0 || config.nodePortAddresses.includes('primary');
  if (!isRestricted || wanted.some(isZeroCidr)) return { kind: 'all' };

  const isWanted = (ip: Ip) => wanted.some((cidr) => cidrContains(cidr, ip));
  const ips = node.addresses.filter((ip) => isWanted(ip) && (allowsLoopback || !isLoopback(ip)));
  return { kind: 'only', ips: sortedOfFamily(ips, family) };
}

function coversLoopback(addresses: NodePortAddresses): boolean {
  return addresses.kind === 'all' || addresses.ips.some(isLoopback);
}

function sortedOfFamily<T extends Ip | Cidr>(values: readonly T[], family: IpFamily): T[] {
  return [...new Set(values)].filter((value) => ipFamilyOf(value) === family).sort();
}
