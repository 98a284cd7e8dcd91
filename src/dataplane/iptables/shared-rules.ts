// Our rules in chains that are not ours alone: the jumps of the built-in chains, and KUBE-FIREWALL's one rule, which kubelet
// writes too. They are inserted at the head where they are missing and never touched otherwise. The comments are kube-proxy's
// (iptablesJumpChains and iptablesKubeletJumpChains in pkg/proxy/iptables/proxier.go): its clean-up looks for exact rules.
import type { IpFamily } from '../../model/ip.ts';
import type { GlobalPlan } from '../../plan/plan.ts';
import type { Table } from './names.ts';
import { comment } from './rule-text.ts';

export interface SharedRule {
  readonly table: Table;
  readonly chain: string;
  readonly rule: string;
}

/** kubelet's and our protection of services that listen on 127.0.0.1. It is shared, so it is never flushed or removed. */
export const KUBE_FIREWALL = 'KUBE-FIREWALL';

const NEW = '-m conntrack --ctstate NEW ';

/** What leads into our chains. Each is inserted at the head, so within a chain the last comes first. */
export const JUMPS: readonly SharedRule[] = [
  jump('filter', 'INPUT', 'KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals', NEW),
  jump('filter', 'FORWARD', 'KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals', NEW),
  jump('filter', 'INPUT', 'KUBE-NODEPORTS', 'kubernetes health check service ports'),
  jump('filter', 'FORWARD', 'KUBE-SERVICES', 'kubernetes service portals', NEW),
  jump('filter', 'OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals', NEW),
  jump('filter', 'FORWARD', 'KUBE-FORWARD', 'kubernetes forwarding rules'),
  jump('filter', 'INPUT', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', NEW),
  jump('filter', 'OUTPUT', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', NEW),
  jump('filter', 'FORWARD', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', NEW),
  jump('nat', 'OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals'),
  jump('nat', 'PREROUTING', 'KUBE-SERVICES', 'kubernetes service portals'),
  jump('nat', 'POSTROUTING', 'KUBE-POSTROUTING', 'kubernetes postrouting rules'),
];

/** NodePorts on 127.0.0.1 need route_localnet, which alone would let neighbours reach what listens there (CVE-2020-8558). */
export const LOCALNET_PROTECTION: readonly SharedRule[] = [
  {
    table: 'filter',
    chain: KUBE_FIREWALL,
    rule: `! -s 127.0.0.0/8 -d 127.0.0.0/8 ${comment('block incoming localnet connections')} -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`,
  },
  { table: 'filter', chain: 'INPUT', rule: `-j ${KUBE_FIREWALL}` },
  { table: 'filter', chain: 'OUTPUT', rule: `-j ${KUBE_FIREWALL}` },
];

/** All that the plan needs in the order in which kube-proxy inserts them. */
export function sharedRules(global: GlobalPlan, family: IpFamily): readonly SharedRule[] {
  return needsRouteLocalnet(global, family) ? [...JUMPS, ...LOCALNET_PROTECTION] : JUMPS;
}

/** True where packets to 127.0.0.0/8 have to be routed to pods, IPv6 knows no such thing. */
export function needsRouteLocalnet(global: GlobalPlan, family: IpFamily): boolean {
  return family === 'IPv4' && global.hasLocalhostNodePorts;
}

/** Every rule that read has to look for, whatever the plan. */
export const ALL_SHARED_RULES: readonly SharedRule[] = [...JUMPS, ...LOCALNET_PROTECTION];

export function sharedRuleKey({ table, chain, rule }: SharedRule): string {
  return `${table} ${chain} ${rule}`;
}

function jump(table: Table, chain: string, target: string, text: string, match = ''): SharedRule {
  return { table, chain, rule: `${match}${comment(text)} -j ${target}` };
}
