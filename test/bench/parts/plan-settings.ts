// The configuration that everything is measured with: kube-proxy's defaults of the mode and the populations' networks.
import { parseCidr, parseIp } from '../../../src/model/ip.ts';
import type { NodeRecord, ServiceCidrRecord } from '../../../src/model/records.ts';
import type { PlanSettings } from '../../../src/sync/plan-inputs.ts';
import { CLUSTER_CIDR, OWN_NODE, SERVICE_CIDR, zoneOf } from '../populations/nodes.ts';
import type { BenchMode } from './mode.ts';

export function planSettingsOf(mode: BenchMode): PlanSettings {
  const isNftables = mode === 'nftables';
  return {
    config: {
      masqueradeBit: 14,
      masqueradeAll: false,
      detectLocalMode: 'ClusterCIDR',
      clusterCidrs: [known(parseCidr(CLUSTER_CIDR))],
      bridgeInterface: '',
      interfaceNamePrefix: '',
      nodePortAddresses: isNftables ? ['primary'] : [],
      localhostNodePorts: !isNftables,
    },
    node: { name: OWN_NODE, bindIp: undefined },
  };
}

export const NODE_IP = known(parseIp('192.0.2.11'));

const VERSION = { uid: 'bench', resourceVersion: '1', generation: 0 };

export const NODE_RECORD: NodeRecord = {
  ...VERSION,
  name: OWN_NODE,
  zone: zoneOf(0),
  internalIps: [NODE_IP],
  externalIps: [],
  podCidrs: [],
  taintKeys: [],
  isDeleting: false,
};

export const SERVICE_CIDR_RECORD: ServiceCidrRecord = {
  ...VERSION,
  name: 'kubernetes',
  cidrs: [known(parseCidr(SERVICE_CIDR))],
};

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a constant of the bench is not valid');
  return value;
}
