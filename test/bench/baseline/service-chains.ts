// The chains that kube-proxy writes for one service port, in nat.
import { endpointChainName } from '../../../src/dataplane/iptables/names.ts';
import {
  comment,
  destinationPort,
  dnatTo,
  fromCidr,
  host,
  podTraffic,
  randomly,
  words,
} from '../../../src/dataplane/iptables/rule-text.ts';
import { joinHostPort } from '../../../src/model/ip.ts';
import type { PlannedEndpoint } from '../../../src/plan/plan.ts';
import type { BaselineChain } from './chain.ts';
import type { BaselineContext } from './kube-proxy-rules.ts';
import type { KubeProxyUse } from './kube-proxy-use.ts';

export function serviceChains(context: BaselineContext, use: KubeProxyUse): BaselineChain[] {
  const { plan, chains, hasEndpoints, isExternal, usesFirewall } = use;
  if (!hasEndpoints) return [];
  const { clusterEndpoints, localEndpoints } = plan;
  return [
    ...balanceChain(context, use, chains.cluster, clusterEndpoints),
    ...balanceChain(context, use, chains.local, localEndpoints),
    ...(isExternal ? [{ name: chains.external, rules: externalRules(context, use) }] : []),
    ...(usesFirewall ? [{ name: chains.firewall, rules: firewallRules(use) }] : []),
    ...endpointsOfEither(use).map((endpoint) => endpointChain(context, use, endpoint)),
  ];
}

function endpointsOfEither({ plan: { clusterEndpoints, localEndpoints } }: KubeProxyUse): PlannedEndpoint[] {
  return [...new Set([...clusterEndpoints, ...localEndpoints])];
}

function balanceChain(
  context: BaselineContext,
  use: KubeProxyUse,
  name: string,
  endpoints: readonly PlannedEndpoint[],
): BaselineChain[] {
  if (endpoints.length === 0) return [];
  const isInternal = name === use.chains.internal;
  const rules = [
    ...(isInternal ? masqueradeRules(context, use) : []),
    ...affinityRules(context, use, endpoints),
    ...endpoints.map((endpoint, i) =>
      words(
        endpointComment(context, use, endpoint),
        i < endpoints.length - 1 ? randomly(1, endpoints.length - i) : '',
        `-j ${chainOf(use, endpoint)}`,
      ),
    ),
  ];
  return [{ name, rules }];
}

function masqueradeRules({ global }: BaselineContext, { plan, text }: KubeProxyUse): string[] {
  const source = podTraffic(global.localDetector, '!');
  return plan.frontends.flatMap(({ kind, ip, protocol, port }) =>
    kind === 'ClusterIP' && ip && source
      ? words(
          source.beforeDestination,
          `-d ${host(ip)} -p ${protocol.toLowerCase()}`,
          comment(`${text} cluster IP`),
          destinationPort(protocol, port),
          '-j KUBE-MARK-MASQ',
        )
      : [],
  );
}

function affinityRules(
  context: BaselineContext,
  use: KubeProxyUse,
  endpoints: readonly PlannedEndpoint[],
): string[] {
  const { affinitySeconds } = use.plan;
  if (affinitySeconds === 0) return [];
  return endpoints.map((endpoint) => {
    const chain = chainOf(use, endpoint);
    const lookup = `-m recent --rcheck --seconds ${affinitySeconds} --reap ${recentList(context, chain)}`;
    return words(endpointComment(context, use, endpoint), lookup, `-j ${chain}`);
  });
}

function endpointChain(context: BaselineContext, use: KubeProxyUse, endpoint: PlannedEndpoint) {
  const { ip, port } = endpoint;
  const name = chainOf(use, endpoint);
  const protocol = use.plan.name.protocol.toLowerCase();
  const note = context.isLargeCluster ? '' : comment(use.text);
  const affinity = use.plan.affinitySeconds ? `-m recent --set ${recentList(context, name)}` : '';
  return {
    name,
    rules: [
      words(`-s ${host(ip)}`, note, '-j KUBE-MARK-MASQ'),
      words(`-p ${protocol}`, note, affinity, `-m ${protocol}`, dnatTo(ip, port)),
    ],
  };
}

function externalRules({ global }: BaselineContext, { plan, chains, text }: KubeProxyUse): string[] {
  const note = (what: string) => comment(`${what} for ${text} external destinations`);
  if (plan.external.policy === 'Cluster')
    return [`${note('masquerade traffic')} -j KUBE-MARK-MASQ`, `-j ${chains.cluster}`];
  const pods = podTraffic(global.localDetector, '');
  const fromNode = '-m addrtype --src-type LOCAL';
  return [
    ...(pods ? [words(pods.beforeDestination, note('pod traffic'), `-j ${chains.cluster}`)] : []),
    `${note('masquerade LOCAL traffic')} ${fromNode} -j KUBE-MARK-MASQ`,
    `${note('route LOCAL traffic')} ${fromNode} -j ${chains.cluster}`,
    ...(plan.localEndpoints.length > 0 ? [`-j ${chains.local}`] : []),
  ];
}

function firewallRules({ plan, chains, text }: KubeProxyUse): string[] {
  const note = comment(`${text} loadbalancer IP`);
  return [
    ...(plan.allowedSources ?? []).map((cidr) => words(fromCidr(cidr), note, `-j ${chains.external}`)),
    comment(`other traffic to ${text} will be dropped by KUBE-PROXY-FIREWALL`),
  ];
}

function endpointComment(
  { isLargeCluster }: BaselineContext,
  { text }: KubeProxyUse,
  { ip, port }: PlannedEndpoint,
) {
  // Not comment(), which does not let the brackets of an IPv6 address pass.
  return isLargeCluster ? '' : `-m comment --comment "${text} -> ${joinHostPort(ip, port)}"`;
}

function recentList({ family }: BaselineContext, chain: string): string {
  const mask = family === 'IPv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  return `--name ${chain} --mask ${mask} --rsource`;
}

function chainOf({ plan }: KubeProxyUse, { ip, port }: PlannedEndpoint): string {
  return endpointChainName(plan.name, ip, port);
}
