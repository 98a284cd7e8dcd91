// The chains that kube-proxy rewrites in every sync, partial ones included: all frontends of all Services are in them.
import { comment, destinationPort, host, reject, words } from '../../../src/dataplane/iptables/rule-text.ts';
import type { Frontend } from '../../../src/plan/plan.ts';
import type { BaselineChain } from './chain.ts';
import type { BaselineContext, KubeProxyRules } from './kube-proxy-rules.ts';
import type { KubeProxyUse } from './kube-proxy-use.ts';

export function topLevelChains(
  context: BaselineContext,
  uses: readonly KubeProxyUse[],
): Pick<KubeProxyRules, 'filter' | 'nat'> {
  const verdicts = (isInternal: boolean) =>
    uses.flatMap((use) =>
      use.plan.frontends
        .filter(({ kind }) => (kind === 'ClusterIP') === isInternal)
        .flatMap((frontend) => verdictRules(context, use, frontend)),
    );
  const filter = [
    { name: 'KUBE-SERVICES', rules: verdicts(true) },
    { name: 'KUBE-EXTERNAL-SERVICES', rules: verdicts(false) },
    { name: 'KUBE-FORWARD', rules: FORWARD },
    { name: 'KUBE-NODEPORTS', rules: uses.flatMap(healthCheckRules) },
    { name: 'KUBE-PROXY-FIREWALL', rules: uses.flatMap(firewallRules) },
  ];
  const nat = [
    { name: 'KUBE-SERVICES', rules: [...uses.flatMap(serviceRules), nodePortJump(context)] },
    { name: 'KUBE-NODEPORTS', rules: uses.flatMap((use) => nodePortRules(context, use)) },
    { name: 'KUBE-POSTROUTING', rules: POSTROUTING },
    { name: 'KUBE-MARK-MASQ', rules: ['-j MARK --set-xmark 0x4000/0x4000'] },
  ];
  return { filter: filter satisfies BaselineChain[], nat: nat satisfies BaselineChain[] };
}

/** REJECT and DROP for what has no endpoints. */
function verdictRules({ family }: BaselineContext, use: KubeProxyUse, frontend: Frontend): string[] {
  const hasEndpoints = frontend.kind === 'ClusterIP' ? use.hasInternalEndpoints : use.hasExternalEndpoints;
  if (hasEndpoints) return [];
  const note = `${use.text} has no ${use.hasEndpoints ? 'local ' : ''}endpoints`;
  return [frontendRule(frontend, note, use.hasEndpoints ? '-j DROP' : reject(family))];
}

function serviceRules(use: KubeProxyUse): string[] {
  const { plan, text, chains } = use;
  const rulesOf = (kind: keyof typeof SERVICE_NOTES, chain: string) =>
    plan.frontends
      .filter((frontend) => frontend.kind === kind)
      .map((frontend) => frontendRule(frontend, `${text} ${SERVICE_NOTES[kind]}`, `-j ${chain}`));
  return [
    ...(use.hasInternalEndpoints ? rulesOf('ClusterIP', chains.internal) : []),
    ...(use.hasEndpoints ? rulesOf('ExternalIP', chains.external) : []),
    ...(use.hasEndpoints ? rulesOf('LoadBalancerIP', chains.loadBalancer) : []),
  ];
}

const SERVICE_NOTES = {
  ClusterIP: 'cluster IP',
  ExternalIP: 'external IP',
  LoadBalancerIP: 'loadbalancer IP',
} as const;

function nodePortRules(context: BaselineContext, use: KubeProxyUse): string[] {
  const { plan, text, chains, hasEndpoints } = use;
  if (!hasEndpoints) return [];
  return plan.frontends.flatMap(({ kind, protocol, port }) => {
    if (kind !== 'NodePort') return [];
    const match = words(`-p ${protocol.toLowerCase()}`, comment(text), destinationPort(protocol, port));
    const counter = '-m nfacct --nfacct-name localhost_nps_accepted_pkts';
    const rule = `${match} -j ${chains.external}`;
    return context.global.hasLocalhostNodePorts
      ? [`-d 127.0.0.0/8 ${match} ${counter} -j ${chains.external}`, rule]
      : [rule];
  });
}

function firewallRules({ plan, text, chains, usesFirewall }: KubeProxyUse): string[] {
  if (!usesFirewall) return [];
  return plan.frontends
    .filter(({ kind }) => kind === 'LoadBalancerIP')
    .map((frontend) =>
      frontendRule(frontend, `${text} traffic not accepted by ${chains.firewall}`, '-j DROP'),
    );
}

function healthCheckRules({ plan, text }: KubeProxyUse): string[] {
  const port = plan.healthCheckNodePort;
  if (port === 0) return [];
  return [`-p tcp ${comment(`${text} health check node port`)} -m tcp --dport ${port} -j ACCEPT`];
}

function frontendRule({ ip, protocol, port }: Frontend, note: string, action: string): string {
  return words(
    ip && `-d ${host(ip)}`,
    `-p ${protocol.toLowerCase()}`,
    comment(note),
    ip ? '' : '-m addrtype --dst-type LOCAL',
    destinationPort(protocol, port),
    action,
  );
}

function nodePortJump({ family }: BaselineContext): string {
  const note =
    '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
  return words(
    family === 'IPv6' ? '! -d ::1/128' : '',
    note,
    '-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
  );
}

const FORWARD = [
  '-m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP',
  `${comment('kubernetes forwarding rules')} -m mark --mark 0x4000/0x4000 -j ACCEPT`,
  `${comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
];

const POSTROUTING = [
  '-m mark ! --mark 0x4000/0x4000 -j RETURN',
  '-j MARK --set-xmark 0x4000/0x0',
  `${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
];
