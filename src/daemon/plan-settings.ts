// From the configuration file's words to the planner's.
import type { ProxyConfig } from '../config/fields.ts';
import { clusterCidrsOf } from '../config/rules.ts';
import { isUnspecified } from '../model/ip.ts';
import type { Pacing } from '../sync/pacing.ts';
import type { PlanSettings } from '../sync/plan-inputs.ts';

export function planSettingsOf(config: ProxyConfig, nodeName: string): PlanSettings {
  const { iptables, detectLocal } = config;
  return {
    config: {
      masqueradeBit: iptables.masqueradeBit,
      masqueradeAll: iptables.masqueradeAll,
      detectLocalMode: config.detectLocalMode,
      clusterCidrs: clusterCidrsOf(config),
      bridgeInterface: detectLocal.bridgeInterface,
      interfaceNamePrefix: detectLocal.interfaceNamePrefix,
      nodePortAddresses: config.nodePortAddresses,
      localhostNodePorts: iptables.localhostNodePorts,
    },
    node: { name: nodeName, bindIp: isUnspecified(config.bindAddress) ? undefined : config.bindAddress },
  };
}

/** Without a period of the operator's own, sync adapts to what it costs. */
export function pacingOf({ iptables }: ProxyConfig, setFields: ReadonlySet<string>): Pacing {
  return { minSyncPeriodMs: setFields.has('iptables.minSyncPeriod') ? iptables.minSyncPeriod.ms : undefined };
}
