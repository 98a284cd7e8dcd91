// Configurations that do not fit the node (checkBadConfig and checkBadIPConfig in cmd/kube-proxy/app/server.go). Pure.
import type { ProxyConfig } from '../config/fields.ts';
import { clusterCidrsOf } from '../config/rules.ts';
import { type Cidr, type IpFamily, ipFamilyOf, isUnspecified, parseCidr } from '../model/ip.ts';

export interface NodeFamilies {
  /** Those that the kernel has. */
  readonly families: readonly IpFamily[];
  readonly primaryFamily: IpFamily;
  readonly podCidrs: readonly Cidr[];
}

/** Sentences: nothing would work, so that the daemon must not run. */
export function fatalIpFaults(config: ProxyConfig, node: NodeFamilies): string[] {
  if (!node.families.includes(node.primaryFamily))
    return [`the primary IP family is ${node.primaryFamily}, which this node does not have`];
  const isFatal = { clusterCIDR: node.families.length === 1, podCIDRs: true };
  return detectorFaults(config, node).flatMap(({ source, text }) => (isFatal[source] ? [text] : []));
}

/** Sentences: probably not what the operator wants. */
export function ipWarnings(config: ProxyConfig, node: NodeFamilies): string[] {
  const fatal = fatalIpFaults(config, node);
  const faults = detectorFaults(config, node).map(({ text }) => text);
  return [
    ...faults.filter((text) => !fatal.includes(text)),
    ...(node.families.length === 1 ? serverWarnings(config, node) : []),
    ...nodePortWarnings(config, node),
  ];
}

interface DetectorFault {
  readonly source: 'clusterCIDR' | 'podCIDRs';
  readonly text: string;
}

/** Of what tells local pods: networks that are all of the other family. */
function detectorFaults(config: ProxyConfig, { primaryFamily, podCidrs }: NodeFamilies): DetectorFault[] {
  const { detectLocalMode } = config;
  const [source, cidrs] =
    detectLocalMode === 'NodeCIDR'
      ? (['podCIDRs', podCidrs] as const)
      : (['clusterCIDR', clusterCidrsOf(config)] as const);
  const isOther = cidrs.length > 0 && cidrs.every((cidr) => ipFamilyOf(cidr) !== primaryFamily);
  if (!isOther || !['NodeCIDR', 'ClusterCIDR'].includes(detectLocalMode)) return [];
  return [
    { source, text: `the node's primary family is ${primaryFamily}, but ${source} is ${cidrs.join(',')}` },
  ];
}

/** An unspecified address takes what the node has. */
function serverWarnings(config: ProxyConfig, { primaryFamily }: NodeFamilies): string[] {
  return (['healthzBindAddress', 'metricsBindAddress'] as const).flatMap((name) => {
    const ip = config[name]?.ip;
    const isOther = ip !== undefined && !isUnspecified(ip) && ipFamilyOf(ip) !== primaryFamily;
    return isOther ? [`the node has ${primaryFamily} only, but ${name} is ${ip}`] : [];
  });
}

function nodePortWarnings({ nodePortAddresses }: ProxyConfig, { families }: NodeFamilies): string[] {
  if (nodePortAddresses.length === 0)
    return [
      'nodePortAddresses is not set: NodePorts answer on all addresses of the node; consider [primary]',
    ];
  const cidrs = nodePortAddresses.flatMap((entry) => parseCidr(entry) ?? []);
  const named = new Set(cidrs.map(ipFamilyOf));
  // `primary`, `localhost` and `all` are of both families.
  const missing =
    cidrs.length === nodePortAddresses.length ? families.filter((family) => !named.has(family)) : [];
  return missing.map(
    (family) => `nodePortAddresses has no ${family} network: NodePorts answer on all ${family} addresses`,
  );
}
