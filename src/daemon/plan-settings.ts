// From the configuration file's words to the planner's.
import type { ProxyConfig } from '../config/fields.ts';
import type { NodePortAddress } from '../config/kinds.ts';
import { modeSectionOf } from '../config/mode-section.ts';
import { clusterCidrsOf } from '../config/rules.ts';
import { type Cidr, isUnspecified } from '../model/ip.ts';
import type { PlanConfig } from '../plan/plan-config.ts';
import type { Pacing } from '../sync/pacing.ts';
import type { PlanSettings } from '../sync/plan-inputs.ts';

export function planSettingsOf(config: ProxyConfig, nodeName: string): PlanSettings {
  const { detectLocal } = config;
  const { masqueradeBit, masqueradeAll } = modeSectionOf(config);
  return {
    config: {
      masqueradeBit,
      masqueradeAll,
      detectLocalMode: config.detectLocalMode,
      clusterCidrs: clusterCidrsOf(config),
      bridgeInterface: detectLocal.bridgeInterface,
      interfaceNamePrefix: detectLocal.interfaceNamePrefix,
      nodePortAddresses: config.nodePortAddresses.flatMap(networksOf),
      localhostNodePorts: hasLocalhostNodePorts(config),
    },
    node: { name: nodeName, bindIp: isUnspecified(config.bindAddress) ? undefined : config.bindAddress },
  };
}

/** In nftables mode loopback has to be named, as from kube-proxy 1.37 on: it takes a setting of the whole node, route_localnet. */
function hasLocalhostNodePorts({ mode, iptables, nodePortAddresses }: ProxyConfig): boolean {
  if (mode === 'iptables') return iptables.localhostNodePorts;
  return nodePortAddresses.some((entry) => entry === 'localhost' || entry.startsWith('127.'));
}

/** Without a period of the operator's own, sync adapts to what it costs. */
export function pacingOf(config: ProxyConfig, setFields: ReadonlySet<string>): Pacing {
  const { minSyncPeriod } = modeSectionOf(config);
  return { minSyncPeriodMs: setFields.has(`${config.mode}.minSyncPeriod`) ? minSyncPeriod.ms : undefined };
}

/** In both families; the planner takes those of its own. */
const LOCALHOST = ['127.0.0.0/8', '::1/128'] as readonly string[] as readonly Cidr[];
const EVERYWHERE = ['0.0.0.0/0', '::/0'] as readonly string[] as readonly Cidr[];

function networksOf(entry: NodePortAddress): PlanConfig['nodePortAddresses'] {
  if (entry === 'localhost') return LOCALHOST;
  return entry === 'all' ? EVERYWHERE : [entry];
}
