// What the planner is given: the mirror of the cluster as one family sees it.
import { type Ip, type IpFamily, ipFamilyOf } from '../model/ip.ts';
import type { NodeRecord } from '../model/records.ts';
import type { NodeView, PlanConfig } from '../plan/plan-config.ts';
import type { PlanInputs } from '../plan/planner.ts';
import type { ModelState } from './model-state.ts';
import type { PendingChanges } from './pending-changes.ts';

export interface NodeSettings {
  /** As the API server knows the node. */
  readonly name: string;
  /** `bindAddress` where it is a real address: it stands for the node's IP of its family. */
  readonly bindIp: Ip | undefined;
}

export interface PlanSettings {
  readonly config: PlanConfig;
  readonly node: NodeSettings;
}

/** The inputs but for what is set aside, which changes from try to try. */
export function planInputsOf(
  model: ModelState,
  family: IpFamily,
  { config, node }: PlanSettings,
  changes: PendingChanges,
): Omit<PlanInputs, 'setAside'> {
  return {
    family,
    config,
    node: nodeViewOf(model.node, node, model.addresses),
    serviceCidrs: Array.from(model.serviceCidrs).flatMap(({ cidrs }) => cidrs),
    services: model.services,
    endpoints: model.endpointSlices,
    isGlobal: changes.isGlobal,
    changedServices: changes.services,
    touchedServices: changes.touchedServices,
  };
}

function nodeViewOf(
  record: NodeRecord | undefined,
  { name, bindIp }: NodeSettings,
  addresses: readonly Ip[],
): NodeView {
  // InternalIPs before ExternalIPs, the first of each family: GetNodeHostIPs in pkg/util/node/node.go.
  const candidates = [
    ...(bindIp ? [bindIp] : []),
    ...(record?.internalIps ?? []),
    ...(record?.externalIps ?? []),
  ];
  const firstOf = (family: IpFamily) => candidates.find((ip) => ipFamilyOf(ip) === family);
  const [ipv4, ipv6] = [firstOf('IPv4'), firstOf('IPv6')];
  return {
    name,
    zone: record?.zone ?? '',
    podCidrs: record?.podCidrs ?? [],
    primaryIps: { ...(ipv4 && { IPv4: ipv4 }), ...(ipv6 && { IPv6: ipv6 }) },
    addresses,
  };
}
