// The suite's cluster as the planner of one node sees it: for tests that ask the planner itself, or drive a dataplane with it
// without a daemon. The table of cases does not use it.
import { decodeEndpointSlice } from '../../../src/kube/decode-endpoint-slice.ts';
import { decodeService } from '../../../src/kube/decode-service.ts';
import type { PlanConfig } from '../../../src/plan/plan-config.ts';
import { aCluster, aPlanConfig, type Cluster } from '../../builders/plans.ts';
import { cidr, ip } from '../../builders/records.ts';
import { isYounger } from './cases/conflicts.ts';
import type { Manifest } from './manifests.ts';
import {
  type FlowNode,
  flowNode,
  type NodeName,
  nodeIps,
  nodeNumber,
  type ProxySettings,
  SERVICE_CIDRS,
  secondIps,
} from './world.ts';

/** Everything that the planner of the node is given, decoded as the watch decodes it. */
export function clusterSeenBy(name: NodeName, manifests: readonly Manifest[]): Cluster {
  const node = flowNode(name);
  return aCluster({
    config: planConfigOf(node.settings),
    node: {
      name,
      zone: node.zone,
      podCidrs: podCidrsOf(name).map(cidr),
      primaryIps: { IPv4: ip(nodeIps(name).IPv4), IPv6: ip(nodeIps(name).IPv6) },
      addresses: addressesOf(node).map(ip),
    },
    serviceCidrs: Object.values(SERVICE_CIDRS).map(cidr),
    services: manifests.filter(isServed).map((manifest) => decodeService(created(manifest), asIs)),
    slices: manifests
      .filter(({ kind }) => kind === 'EndpointSlice')
      .map((manifest) => decodeEndpointSlice(created(manifest), asIs)),
  });
}

export function podCidrsOf(name: NodeName): string[] {
  const number = nodeNumber(name);
  return [`10.244.${number}.0/24`, `fd00:10:244:${number}::/64`];
}

function planConfigOf({ clusterCidrs, nodePortAddresses, ...settings }: ProxySettings): PlanConfig {
  return aPlanConfig({
    ...settings,
    clusterCidrs: clusterCidrs.map(cidr),
    nodePortAddresses: nodePortAddresses.map((entry) => (entry === 'primary' ? entry : cidr(entry))),
  });
}

/** As the links have them; the last two are what pods see as their gateway. */
function addressesOf({ name, extraIps }: FlowNode): string[] {
  const own = [nodeIps(name), secondIps(name)].flatMap(({ IPv4, IPv6 }) => [IPv4, IPv6]);
  return ['127.0.0.1', '::1', ...own, ...extraIps, '169.254.1.1', 'fe80::1'];
}

/** The watch asks for these Services only. */
function isServed({ kind, metadata, ...fields }: Manifest): boolean {
  const isOurs = metadata.labels?.['service.kubernetes.io/service-proxy-name'] === undefined;
  const { clusterIP } = (fields['spec'] ?? {}) as { readonly clusterIP?: string };
  return kind === 'Service' && isOurs && clusterIP !== 'None';
}

/** With what a server adds. */
function created(manifest: Manifest): Manifest {
  const creationTimestamp = `2026-01-01T00:00:0${isYounger(manifest) ? 1 : 0}Z`;
  return { ...manifest, metadata: { ...manifest.metadata, creationTimestamp } as Manifest['metadata'] };
}

function asIs(text: string): string {
  return text;
}
