// The configuration that everything is measured with: kube-proxy's defaults and the populations' networks.
import { parseCidr, parseIp } from '../../../src/model/ip.ts';
import type { NodeRecord, ServiceCidrRecord } from '../../../src/model/records.ts';
import type { PlanSettings } from '../../../src/sync/plan-inputs.ts';
import { CLUSTER_CIDR, OWN_NODE, SERVICE_CIDR, zoneOf } from '../populations/nodes.ts';

export const PLAN_SETTINGS: PlanSettings = {
  config: {
    masqueradeBit: 14,
    masqueradeAll: false,
    detectLocalMode: 'ClusterCIDR',
    clusterCidrs: [known(parseCidr(CLUSTER_CIDR))],
    bridgeInterface: '',
    interfaceNamePrefix: '',
    nodePortAddresses: [],
    localhostNodePorts: true,
  },
  node: { name: OWN_NODE, bindIp: undefined },
};

const VERSION = { uid: 'bench', resourceVersion: '1', generation: 0 };

export const NODE_RECORD: NodeRecord = {
  ...VERSION,
  name: OWN_NODE,
  zone: zoneOf(0),
  internalIps: [known(parseIp('192.0.2.11'))],
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
