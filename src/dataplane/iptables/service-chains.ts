// The chains of one service port: KUBE-SVC- and KUBE-SVL- pick an endpoint of the Cluster and of the Local policy, KUBE-EXT-
// treats traffic to external destinations, KUBE-FW- asks for the source first, KUBE-SEP- are endpoints that need more than a
// DNAT rule. Names and semantics are those of syncProxyRules in pkg/proxy/iptables/proxier.go.
import { joinHostPort } from '../../model/ip.ts';
import type { TrafficPolicy } from '../../model/records.ts';
import { endpointsOf, type GlobalPlan, type PlannedEndpoint, type ServicePlan } from '../../plan/plan.ts';
import { affinityLookup, affinityUpdate } from './affinity.ts';
import { balance, type Target } from './balance.ts';
import { type Chain, chainOf } from './chain.ts';
import type { RenderContext } from './features.ts';
import { endpointChainName, MARK_MASQ } from './names.ts';
import {
  comment,
  destinationPort,
  dnatTo,
  fromCidr,
  host,
  markForMasquerade,
  podTraffic,
  words,
} from './rule-text.ts';
import type { ServiceUse } from './service-use.ts';

interface ServiceContext extends RenderContext {
  readonly plan: ServicePlan;
  readonly use: ServiceUse;
  readonly global: GlobalPlan;
}

/** Everything that is the service port's alone, in nat and filter. */
export function serviceChains(context: ServiceContext): Chain[] {
  return [
    ...balanceChains(context, 'Cluster'),
    ...balanceChains(context, 'Local'),
    ...endpointChains(context),
    ...externalChains(context),
    ...firewallChains(context),
  ];
}

/** The endpoints that have chains of their own, in whichever policy's set they are. */
export function chainedEndpoints(plan: ServicePlan, use: ServiceUse): PlannedEndpoint[] {
  const policies = (['Cluster', 'Local'] as const).filter((policy) => use.balanceChain[policy]);
  const chained = policies.flatMap((policy) =>
    endpointsOf(plan, policy).filter((endpoint) => needsChain(plan, endpoint)),
  );
  return [...new Map(chained.map((endpoint) => [idOf(endpoint), endpoint])).values()];
}

function needsChain(plan: ServicePlan, { isHairpinPossible }: PlannedEndpoint): boolean {
  return isHairpinPossible || plan.affinitySeconds > 0;
}

function balanceChains(context: ServiceContext, policy: TrafficPolicy): Chain[] {
  const { plan, use } = context;
  const name = use.balanceChain[policy];
  if (!name) return [];
  const endpoints = endpointsOf(plan, policy);
  const first = [...masqueradeRules(context, policy), ...affinityRules(context, endpoints)];
  const targets = endpoints.map((endpoint) => targetOf(plan, endpoint));
  const { rules, buckets } = balance(name, targets, first.length > 0 ? '' : comment(use.text));
  return [
    chainOf('nat', name, [...first, ...rules], plan.key),
    ...buckets.map((bucket) => chainOf('nat', bucket.name, bucket.rules, plan.key)),
  ];
}

/** Traffic to a ClusterIP whose replies would not come back through this node is masqueraded. */
function masqueradeRules({ plan, use, global }: ServiceContext, policy: TrafficPolicy): string[] {
  if (plan.internal.policy !== policy) return [];
  const source = global.masqueradeAll
    ? { beforeDestination: '', afterDestination: '' }
    : podTraffic(global.localDetector, '!');
  if (!source) return [];
  return use.frontends.flatMap(({ kind, ip, protocol, port }) =>
    kind === 'ClusterIP' && ip
      ? words(
          source.beforeDestination,
          `-d ${host(ip)}`,
          source.afterDestination,
          `-p ${protocol.toLowerCase()}`,
          comment(`${use.text} cluster IP`),
          destinationPort(protocol, port),
          `-j ${MARK_MASQ}`,
        )
      : [],
  );
}

function affinityRules(context: ServiceContext, endpoints: readonly PlannedEndpoint[]): string[] {
  const { plan, use } = context;
  if (plan.affinitySeconds === 0) return [];
  return endpoints.map((endpoint, i) => {
    const chain = endpointChainOf(plan, endpoint);
    const lookup = affinityLookup(context, chain, plan.affinitySeconds);
    return words(i === 0 ? comment(use.text) : '', lookup, `-g ${chain}`);
  });
}

function targetOf(plan: ServicePlan, endpoint: PlannedEndpoint): Target {
  const id = idOf(endpoint);
  if (needsChain(plan, endpoint)) return { id, match: '', action: `-g ${endpointChainOf(plan, endpoint)}` };
  return {
    id,
    match: `-p ${plan.name.protocol.toLowerCase()}`,
    action: dnatTo(endpoint.ip, endpoint.port),
  };
}

function endpointChains(context: ServiceContext): Chain[] {
  const { plan, use, global } = context;
  return chainedEndpoints(plan, use).map((endpoint) => {
    const { ip, port } = endpoint;
    const name = endpointChainOf(plan, endpoint);
    // Not by way of KUBE-MARK-MASQ: this chain may be the deepest that nf_tables takes.
    const hairpin = `-s ${host(ip)} ${comment(use.text)} ${markForMasquerade(global)}`;
    const affinity = affinityUpdate(context, name, plan.affinitySeconds);
    const dnat = words(`-p ${plan.name.protocol.toLowerCase()}`, affinity.match, dnatTo(ip, port));
    const rules = [...(endpoint.isHairpinPossible ? [hairpin] : []), ...affinity.rules, dnat];
    return chainOf('nat', name, rules, plan.key);
  });
}

function externalChains(context: ServiceContext): Chain[] {
  const { plan, use } = context;
  if (!use.externalChain) return [];
  const rules = plan.external.policy === 'Local' ? localPolicyRules(context) : clusterPolicyRules(context);
  return [chainOf('nat', use.externalChain, rules, plan.key)];
}

/** Any node may be asked, and must see the reply. */
function clusterPolicyRules({ use }: ServiceContext): string[] {
  return [
    words(comment(`masquerade traffic for ${use.text} external destinations`), `-j ${MARK_MASQ}`),
    `-g ${use.balanceChain.Cluster}`,
  ];
}

/** Pods and the node need no load balancer to reach endpoints elsewhere; all others get endpoints of this node. */
function localPolicyRules({ use, global }: ServiceContext): string[] {
  const { Cluster: cluster, Local: local } = use.balanceChain;
  const pods = podTraffic(global.localDetector, '');
  const fromPods = words(pods?.beforeDestination, pods?.afterDestination);
  const fromNode = '-m addrtype --src-type LOCAL';
  return [
    ...(cluster && pods
      ? [words(fromPods, comment(`pod traffic for ${use.text} external destinations`), `-g ${cluster}`)]
      : []),
    ...(cluster
      ? [
          `${comment(`masquerade LOCAL traffic for ${use.text} external destinations`)} ${fromNode} -j ${MARK_MASQ}`,
          `${comment(`route LOCAL traffic for ${use.text} external destinations`)} ${fromNode} -g ${cluster}`,
        ]
      : []),
    ...(local ? [`-g ${local}`] : []),
  ];
}

/**
 * In nat, allowed sources go on to the endpoints. Whoever is left over is dropped in filter, where sources that are allowed
 * but found no endpoint go on to the verdict.
 */
function firewallChains({ plan, use }: ServiceContext): Chain[] {
  const { firewallChain, externalChain, isFirewalled, text } = use;
  if (!isFirewalled) return [];
  const sources = plan.allowedSources ?? [];
  const note = comment(`${text} loadbalancer IP`);
  const drop = `${comment(`${text} traffic not accepted by ${firewallChain}`)} -j DROP`;
  const filter = [...sources.map((cidr) => words(fromCidr(cidr), '-j RETURN')), drop];
  const chains = [chainOf('filter', firewallChain, filter, plan.key)];
  if (!externalChain) return chains;
  const nat = sources.map((cidr) => words(fromCidr(cidr), note, `-g ${externalChain}`));
  return [chainOf('nat', firewallChain, nat, plan.key), ...chains];
}

function endpointChainOf(plan: ServicePlan, { ip, port }: PlannedEndpoint): string {
  return endpointChainName(plan.name, ip, port);
}

function idOf({ ip, port }: PlannedEndpoint): string {
  return joinHostPort(ip, port);
}
