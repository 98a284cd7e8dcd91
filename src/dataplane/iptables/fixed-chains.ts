// The chains that are always there, by kube-proxy's names: they hold what is true for all Services, and lead into the
// dispatch tries.
import type { GlobalPlan } from '../../plan/plan.ts';
import { type Chain, chainOf } from './chain.ts';
import { type DispatchContext, type Dispatches, type DispatchName, rootJump } from './dispatch.ts';
import { INVALID_DROPPED_COUNTER, LOCALHOST_NODE_PORTS_COUNTER, type RenderContext } from './features.ts';
import { clusterIpSetName, LAYOUT_CHAIN, MARK_MASQ } from './names.ts';
import { comment, host, reject, words } from './rule-text.ts';

interface FixedContext extends RenderContext {
  readonly global: GlobalPlan;
  readonly dispatches: Dispatches;
}

export function fixedChains(context: FixedContext): Chain[] {
  const filter = (name: string, rules: readonly string[]) => chainOf('filter', name, rules, undefined);
  const nat = (name: string, rules: readonly string[]) => chainOf('nat', name, rules, undefined);
  return [
    filter('KUBE-SERVICES', filterServices(context)),
    filter('KUBE-EXTERNAL-SERVICES', filterExternalServices(context)),
    filter('KUBE-NODEPORTS', jumpInto(context, 'healthChecks')),
    filter('KUBE-PROXY-FIREWALL', jumpInto(context, 'firewall')),
    filter('KUBE-FORWARD', forward(context)),
    nat('KUBE-SERVICES', [...jumpInto(context, 'services'), ...natNodePorts(context)]),
    nat('KUBE-NODEPORTS', jumpInto(context, 'nodePorts')),
    nat('KUBE-POSTROUTING', postrouting(context.global)),
    nat(MARK_MASQ, [`-j MARK --set-xmark ${mark(context.global)}/${mark(context.global)}`]),
    nat(LAYOUT_CHAIN, []),
  ];
}

/** On FORWARD and OUTPUT, where a destination that nat rewrote is the endpoint's already. */
function filterServices(context: FixedContext): string[] {
  const { family, features, global } = context;
  const unknownPorts = `${comment('unknown ports of ClusterIPs')} -m set --match-set ${clusterIpSetName(family)} dst`;
  return [
    ...jumpInto(context, 'verdicts'),
    ...localhostCounter(context),
    ...(features.hasSets ? [`${unknownPorts} ${reject(family)}`] : []),
    ...global.serviceCidrs.map((cidr) => `-d ${cidr} ${comment('unallocated ClusterIPs')} -j DROP`),
  ];
}

/** Counts what kube-proxy counts with a rule for each NodePort: new connections to 127.0.0.0/8 that were sent on. */
function localhostCounter({ family, features, global }: FixedContext): string[] {
  if (family === 'IPv6' || !global.hasLocalhostNodePorts || !features.hasAccounting) return [];
  return [
    `-m conntrack --ctstate DNAT --ctorigdst 127.0.0.0/8 -m nfacct --nfacct-name ${LOCALHOST_NODE_PORTS_COUNTER}`,
  ];
}

/** On INPUT and FORWARD; what FORWARD sees went through KUBE-SERVICES already. */
function filterExternalServices(context: FixedContext): string[] {
  const nodePorts = jumpInto(context, 'nodePortVerdicts').flatMap((jump) =>
    nodePortDestinations(context).map((destination) => words(destination, jump)),
  );
  const rules = [...jumpInto(context, 'verdicts'), ...nodePorts];
  return rules.length > 0 ? ['-m addrtype ! --dst-type LOCAL -j RETURN', ...rules] : [];
}

function natNodePorts(context: FixedContext): string[] {
  const note = comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain');
  const local = context.global.nodePortAddresses.kind === 'all' ? '-m addrtype --dst-type LOCAL' : '';
  return nodePortDestinations(context).map((destination) =>
    words(destination, note, local, '-j KUBE-NODEPORTS'),
  );
}

/** Matches for the addresses that NodePorts answer on, among the local ones. */
function nodePortDestinations({ family, global }: FixedContext): string[] {
  const { nodePortAddresses } = global;
  if (nodePortAddresses.kind === 'only') return nodePortAddresses.ips.map((ip) => `-d ${host(ip)}`);
  if (family === 'IPv6') return ['! -d ::1/128'];
  return [global.hasLocalhostNodePorts ? '' : '! -d 127.0.0.0/8'];
}

function forward({ global, features }: FixedContext): string[] {
  const counter = features.hasAccounting ? `-m nfacct --nfacct-name ${INVALID_DROPPED_COUNTER}` : '';
  return [
    // Otherwise the peer's reset of a connection that it does not know kills the connection (kubernetes #74839).
    ...(features.isTcpBeLiberal ? [] : [words('-m conntrack --ctstate INVALID', counter, '-j DROP')]),
    `${comment('kubernetes forwarding rules')} -m mark --mark ${mark(global)}/${mark(global)} -j ACCEPT`,
    `${comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  ];
}

function postrouting(global: GlobalPlan): string[] {
  return [
    `-m mark ! --mark ${mark(global)}/${mark(global)} -j RETURN`,
    // A packet that comes by again, in a tunnel, must not be masqueraded again.
    `-j MARK --set-xmark ${mark(global)}/0x0`,
    `${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
  ];
}

function mark({ masqueradeMark }: GlobalPlan): string {
  return `0x${(masqueradeMark >>> 0).toString(16)}`;
}

function jumpInto({ family, dispatches }: FixedContext, dispatch: DispatchName): string[] {
  const context: DispatchContext = { family, dispatch };
  return rootJump(context, dispatches[dispatch]);
}
