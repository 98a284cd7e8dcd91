// What has to hold between fields. Upstream: pkg/proxy/apis/config/validation/validation.go.
import { type Cidr, ipFamilyOf, parseCidr } from '../model/ip.ts';
import type { ConfigProblem } from './config-error.ts';
import type { ProxyConfig } from './fields.ts';

type Rule = (config: ProxyConfig) => ConfigProblem | undefined;

const RULES: readonly Rule[] = [periodsAreOrdered, clusterCidrIsUsable, bridgeIsNamed, prefixIsNamed];

/** The rules that the configuration breaks. A field that is a problem already has its default here. */
export function brokenRules(config: ProxyConfig): readonly ConfigProblem[] {
  return RULES.map((rule) => rule(config)).filter((problem) => problem !== undefined);
}

/** The networks of `clusterCIDR`, at most one of each family. What is no network is left out; it matters in no other mode. */
export function clusterCidrsOf({ clusterCIDR }: ProxyConfig): readonly Cidr[] {
  return itemsOf(clusterCIDR)
    .map(parseCidr)
    .filter((cidr) => cidr !== undefined);
}

function periodsAreOrdered({
  iptables: { syncPeriod, minSyncPeriod },
}: ProxyConfig): ConfigProblem | undefined {
  if (minSyncPeriod.ms <= syncPeriod.ms) return undefined;
  return {
    path: 'iptables.minSyncPeriod',
    value: `${minSyncPeriod.ms}ms`,
    expected: `at most iptables.syncPeriod, which is ${syncPeriod.ms}ms`,
  };
}

function clusterCidrIsUsable(config: ProxyConfig): ConfigProblem | undefined {
  if (config.detectLocalMode !== 'ClusterCIDR') return undefined;
  const cidrs = clusterCidrsOf(config);
  const families = new Set(cidrs.map(ipFamilyOf));
  if (cidrs.length === itemsOf(config.clusterCIDR).length && cidrs.length === families.size) return undefined;
  return {
    path: 'clusterCIDR',
    value: config.clusterCIDR,
    expected: 'a network like 10.244.0.0/16, or one of each family with a comma between them',
  };
}

function bridgeIsNamed({
  detectLocalMode,
  detectLocal: { bridgeInterface },
}: ProxyConfig): ConfigProblem | undefined {
  if (detectLocalMode !== 'BridgeInterface' || bridgeInterface !== '') return undefined;
  return {
    path: 'detectLocal.bridgeInterface',
    value: '',
    expected: 'the name of the bridge of the local pods',
  };
}

function prefixIsNamed({
  detectLocalMode,
  detectLocal: { interfaceNamePrefix },
}: ProxyConfig): ConfigProblem | undefined {
  if (detectLocalMode !== 'InterfaceNamePrefix' || interfaceNamePrefix !== '') return undefined;
  return {
    path: 'detectLocal.interfaceNamePrefix',
    value: '',
    expected: 'how the names of the links of local pods begin',
  };
}

function itemsOf(clusterCidr: string): readonly string[] {
  return clusterCidr === '' ? [] : clusterCidr.split(',');
}
