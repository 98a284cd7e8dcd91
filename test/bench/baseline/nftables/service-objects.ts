// What kube-proxy's nftables mode makes for one service port (the loop in syncProxyRules of pkg/proxy/nftables/proxier.go, 1.36).
import { joinHostPort } from '../../../../src/model/ip.ts';
import { servicePortNameText } from '../../../../src/model/names.ts';
import type {
  Frontend,
  PlannedEndpoint,
  ProxyPlan,
  ServicePlan,
  TrafficPlan,
} from '../../../../src/plan/plan.ts';
import { endpointSuffix, servicePortSuffix } from './names.ts';
import type { BaselineChain, BaselineElement, BaselineObjects, BaselineSet } from './table.ts';
import { frontendKey, markText, podCidr, wordsOf } from './words.ts';

export type BaselineContext = Pick<ProxyPlan, 'family' | 'global'>;

export function serviceObjects(context: BaselineContext, plan: ServicePlan): BaselineObjects {
  const endpoints = hasEndpoints(plan) ? endpointsOfEither(plan) : [];
  return {
    sets: plan.affinitySeconds ? endpoints.map((endpoint) => affinitySet(context, plan, endpoint)) : [],
    chains: [
      ...(plan.affinitySeconds ? endpoints.map((endpoint) => endpointChain(context, plan, endpoint)) : []),
      ...balanceChain(context, plan, 'service', plan.clusterEndpoints),
      ...balanceChain(context, plan, 'local', plan.localEndpoints),
      ...externalChain(context, plan),
      ...firewallChain(context, plan),
    ],
    elements: [
      ...plan.frontends.flatMap((frontend) => frontendElements(plan, frontend)),
      ...endpoints.flatMap((endpoint) => hairpinElements(plan, endpoint)),
    ],
  };
}

function hasEndpoints({ internal }: ServicePlan): boolean {
  return internal.verdict !== 'reject';
}

function endpointsOfEither({ clusterEndpoints, localEndpoints }: ServicePlan): PlannedEndpoint[] {
  return [...new Set([...clusterEndpoints, ...localEndpoints])];
}

function affinitySet(context: BaselineContext, plan: ServicePlan, endpoint: PlannedEndpoint): BaselineSet {
  const { addressType } = wordsOf(context.family);
  const properties = [
    `type ${addressType}`,
    'size 65535',
    'flags dynamic,timeout',
    `timeout ${plan.affinitySeconds}s`,
  ];
  return { kind: 'set', name: affinitySetName(plan, endpoint), properties };
}

function endpointChain(
  context: BaselineContext,
  plan: ServicePlan,
  endpoint: PlannedEndpoint,
): BaselineChain {
  const { ip } = wordsOf(context.family);
  const protocol = plan.name.protocol.toLowerCase();
  return {
    name: endpointChainName(plan, endpoint),
    rules: [
      `update @${affinitySetName(plan, endpoint)} { ${ip} saddr }`,
      `meta l4proto ${protocol} dnat to ${joinHostPort(endpoint.ip, endpoint.port)}`,
    ],
  };
}

function balanceChain(
  context: BaselineContext,
  plan: ServicePlan,
  prefix: 'service' | 'local',
  endpoints: readonly PlannedEndpoint[],
): BaselineChain[] {
  if (endpoints.length === 0) return [];
  const rules = plan.affinitySeconds
    ? stickyRules(context, plan, endpoints)
    : [pickRule(context, plan, endpoints)];
  return [{ name: chainName(prefix, plan), rules }];
}

function pickRule(
  { family }: BaselineContext,
  plan: ServicePlan,
  endpoints: readonly PlannedEndpoint[],
): string {
  const slots = endpoints.map(({ ip, port }, slot) => `${slot} : ${ip} . ${port}`);
  const pick = `numgen random mod ${endpoints.length} map { ${slots.join(', ')} }`;
  return `meta l4proto ${plan.name.protocol.toLowerCase()} dnat ${wordsOf(family).ip} to ${pick}`;
}

function stickyRules(
  { family }: BaselineContext,
  plan: ServicePlan,
  endpoints: readonly PlannedEndpoint[],
): string[] {
  const { ip } = wordsOf(family);
  const gotos = endpoints.map((endpoint) => `goto ${endpointChainName(plan, endpoint)}`);
  const slots = gotos.map((go, slot) => `${slot} : ${go}`);
  return [
    ...endpoints.map((endpoint, i) => `${ip} saddr @${affinitySetName(plan, endpoint)} ${gotos[i]}`),
    `numgen random mod ${endpoints.length} vmap { ${slots.join(', ')} }`,
  ];
}

function externalChain({ family, global }: BaselineContext, plan: ServicePlan): BaselineChain[] {
  if (!hasEndpoints(plan) || plan.frontends.every(({ kind }) => kind === 'ClusterIP')) return [];
  const name = chainName('external', plan);
  const toCluster = `goto ${chainName('service', plan)}`;
  const mark = markText('|', global);
  if (plan.external.policy === 'Cluster')
    return [{ name, rules: [`${mark} comment "masquerade"`, toCluster] }];
  const fromPods = `${wordsOf(family).ip} saddr ${podCidr(global)}`;
  return [
    {
      name,
      rules: [
        `${fromPods} ${toCluster} comment "short-circuit pod traffic"`,
        `fib saddr type local ${mark} comment "masquerade local traffic"`,
        `fib saddr type local ${toCluster} comment "short-circuit local traffic"`,
        ...(plan.localEndpoints.length > 0 ? [`goto ${chainName('local', plan)}`] : []),
      ],
    },
  ];
}

function firewallChain({ family }: BaselineContext, plan: ServicePlan): BaselineChain[] {
  if (!plan.allowedSources) return [];
  const rule = `${wordsOf(family).ip} saddr != { ${plan.allowedSources.join(', ')} } drop`;
  return [{ name: chainName('firewall', plan), rules: [rule] }];
}

function frontendElements(plan: ServicePlan, frontend: Frontend): BaselineElement[] {
  const { kind, ip } = frontend;
  const key = frontendKey(frontend);
  const isInternal = kind === 'ClusterIP';
  const traffic = isInternal ? plan.internal : plan.external;
  const isServed = isInternal ? traffic.verdict === 'balance' : hasEndpoints(plan);
  const target = isInternal
    ? chainName(plan.internal.policy === 'Local' ? 'local' : 'service', plan)
    : chainName('external', plan);
  return [
    ...(isInternal && ip ? [{ of: 'cluster-ips', key: ip }] : []),
    ...(isServed ? [{ of: ip ? 'service-ips' : 'service-nodeports', key, value: `goto ${target}` }] : []),
    ...refusal(plan, traffic, frontend),
    ...(kind === 'LoadBalancerIP' && plan.allowedSources
      ? [{ of: 'firewall-ips', key, value: `goto ${chainName('firewall', plan)}` }]
      : []),
  ];
}

function refusal(plan: ServicePlan, { verdict }: TrafficPlan, frontend: Frontend): BaselineElement[] {
  if (verdict === 'balance') return [];
  return [
    {
      of: frontend.ip ? 'no-endpoint-services' : 'no-endpoint-nodeports',
      key: frontendKey(frontend),
      comment: servicePortNameText(plan.name),
      value: verdict === 'drop' ? 'drop' : 'goto reject-chain',
    },
  ];
}

/** Unlike ours, not for endpoints of which nobody knows where they run. */
function hairpinElements({ name }: ServicePlan, endpoint: PlannedEndpoint): BaselineElement[] {
  const { ip, port, isHairpinPossible, record } = endpoint;
  const key = [ip, ip, name.protocol.toLowerCase(), port].join(' . ');
  return isHairpinPossible && record.nodeName !== '' ? [{ of: 'hairpin-connections', key }] : [];
}

function chainName(prefix: 'service' | 'local' | 'external' | 'firewall', { name }: ServicePlan): string {
  return `${prefix}-${servicePortSuffix(name)}`;
}

function endpointChainName({ name }: ServicePlan, endpoint: PlannedEndpoint): string {
  return `endpoint-${endpointSuffix(name, endpoint)}`;
}

function affinitySetName({ name }: ServicePlan, endpoint: PlannedEndpoint): string {
  return `affinity-${endpointSuffix(name, endpoint)}`;
}
