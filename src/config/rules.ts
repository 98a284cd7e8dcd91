// What has to hold between fields, and what counts in one mode only. Upstream: pkg/proxy/apis/config/validation/validation.go.
import { type Cidr, ipFamilyOf, parseCidr } from '../model/ip.ts';
import type { ConfigProblem } from './config-error.ts';
import { formatDuration } from './duration.ts';
import type { ProxyConfig } from './fields.ts';

type Rule = (config: ProxyConfig) => readonly ConfigProblem[];

const RULES: readonly Rule[] = [
  modeIsThere,
  periodsFit,
  ipvsIsUsable,
  nftablesIsUsable,
  clusterCidrIsUsable,
  interfacesAreNamed,
  hiddenVersionIsPrevious,
];

/** Fairlead follows kube-proxy 1.36, which knows hidden metrics of this version only. */
const PREVIOUS_VERSION = '1.35';

/** The rules that the configuration breaks. A field that is a problem already has its default here. */
export function brokenRules(config: ProxyConfig): readonly ConfigProblem[] {
  return RULES.flatMap((rule) => rule(config));
}

/** The networks of `clusterCIDR`, at most one of each family. What is no network is left out; it matters in no other mode. */
export function clusterCidrsOf({ clusterCIDR }: ProxyConfig): readonly Cidr[] {
  return itemsOf(clusterCIDR)
    .map(parseCidr)
    .filter((cidr) => cidr !== undefined);
}

function modeIsThere({ mode }: ProxyConfig): ConfigProblem[] {
  const expected = '"iptables", "nftables" or empty: there is no other mode';
  return problemUnless(mode !== 'ipvs', 'mode', mode, expected);
}

/** Of the mode in use: upstream's internal form has no others. */
function periodsFit(config: ProxyConfig): ConfigProblem[] {
  const { syncPeriod, minSyncPeriod } = config[config.mode];
  const [sync, least] = [`${config.mode}.syncPeriod`, `${config.mode}.minSyncPeriod`];
  const atMost = `at most ${sync}, which is ${formatDuration(syncPeriod)}`;
  return [
    ...problemUnless(syncPeriod.ms > 0, sync, formatDuration(syncPeriod), 'more than 0'),
    ...problemUnless(minSyncPeriod.ms >= 0, least, formatDuration(minSyncPeriod), 'not negative'),
    ...problemUnless(minSyncPeriod.ms <= syncPeriod.ms, least, formatDuration(minSyncPeriod), atMost),
  ];
}

function ipvsIsUsable({ mode, ipvs }: ProxyConfig): ConfigProblem[] {
  if (mode !== 'ipvs') return [];
  const { tcpTimeout, tcpFinTimeout, udpTimeout, excludeCIDRs } = ipvs;
  const timeouts = Object.entries({ tcpTimeout, tcpFinTimeout, udpTimeout });
  const areCidrs = excludeCIDRs.every((cidr) => parseCidr(cidr) !== undefined);
  return [
    ...timeouts.flatMap(([name, timeout]) =>
      problemUnless(timeout.ms >= 0, `ipvs.${name}`, formatDuration(timeout), 'not negative'),
    ),
    ...problemUnless(areCidrs, 'ipvs.excludeCIDRs', excludeCIDRs, 'a list of networks like 10.0.0.0/8'),
  ];
}

function nftablesIsUsable({ mode, nftables: { masqueradeBit } }: ProxyConfig): ConfigProblem[] {
  const isBit = mode !== 'nftables' || (masqueradeBit >= 0 && masqueradeBit <= 31);
  return problemUnless(isBit, 'nftables.masqueradeBit', masqueradeBit, 'a whole number from 0 to 31');
}

function clusterCidrIsUsable(config: ProxyConfig): ConfigProblem[] {
  if (config.detectLocalMode !== 'ClusterCIDR') return [];
  const cidrs = clusterCidrsOf(config);
  const families = new Set(cidrs.map(ipFamilyOf));
  const isUsable = cidrs.length === itemsOf(config.clusterCIDR).length && cidrs.length === families.size;
  const expected = 'a network like 10.244.0.0/16, or one of each family with a comma between them';
  return problemUnless(isUsable, 'clusterCIDR', config.clusterCIDR, expected);
}

function interfacesAreNamed({ detectLocalMode, detectLocal }: ProxyConfig): ConfigProblem[] {
  const { bridgeInterface, interfaceNamePrefix } = detectLocal;
  const [bridge, prefix] = ['detectLocal.bridgeInterface', 'detectLocal.interfaceNamePrefix'];
  if (detectLocalMode === 'BridgeInterface')
    return problemUnless(bridgeInterface !== '', bridge, '', 'the name of the bridge of the local pods');
  if (detectLocalMode === 'InterfaceNamePrefix')
    return problemUnless(
      interfaceNamePrefix !== '',
      prefix,
      '',
      'how the names of the links of local pods begin',
    );
  return [];
}

function hiddenVersionIsPrevious({ showHiddenMetricsForVersion: version }: ProxyConfig): ConfigProblem[] {
  const isKnown = version === '' || version === PREVIOUS_VERSION;
  const expected = `${PREVIOUS_VERSION}, the previous version, or empty`;
  return problemUnless(isKnown, 'showHiddenMetricsForVersion', version, expected);
}

function problemUnless(holds: boolean, path: string, value: unknown, expected: string): ConfigProblem[] {
  return holds ? [] : [{ path, value, expected }];
}

function itemsOf(clusterCidr: string): readonly string[] {
  return clusterCidr === '' ? [] : clusterCidr.split(',');
}
