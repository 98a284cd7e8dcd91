// The chains that are always there, by kube-proxy's names: they hold what is true for all Services, and lead into the
// dispatch tries.
import type { GlobalPlan } from '../../plan/plan.ts';
import { type Chain, chainOf, type OwnedRule, sharedChainOf } from './chain.ts';
import { type Dispatches, type DispatchName, rootRules } from './dispatch.ts';
import { INVALID_DROPPED_COUNTER, LOCALHOST_NODE_PORTS_COUNTER, type RenderContext } from './features.ts';
import { clusterIpSetName, LAYOUT_CHAIN, MARK_MASQ } from './names.ts';
import { comment, host, markForMasquerade, markHex, reject, words } from './rule-text.ts';

interface FixedContext extends RenderContext {
  readonly global: GlobalPlan;
  readonly dispatches: Dispatches;
}

export function fixedChains(context: FixedContext): Chain[] {
  const { global } = context;
  return [
    sharedChainOf('filter', 'KUBE-SERVICES', filterServices(context)),
    sharedChainOf('filter', 'KUBE-EXTERNAL-SERVICES', filterExternalServices(context)),
    sharedChainOf('filter', 'KUBE-NODEPORTS', lookUp(context, 'healthChecks')),
    sharedChainOf('filter', 'KUBE-PROXY-FIREWALL', lookUp(context, 'firewall')),
    chainOf('filter', 'KUBE-FORWARD', forward(context), undefined),
    sharedChainOf('nat', 'KUBE-SERVICES', [
      ...lookUp(context, 'services'),
      ...natNodePorts(context).map(ownerless),
    ]),
    sharedChainOf('nat', 'KUBE-NODEPORTS', lookUp(context, 'nodePorts')),
    chainOf('nat', 'KUBE-POSTROUTING', postrouting(global), undefined),
    chainOf('nat', MARK_MASQ, [markForMasquerade(global)], undefined),
    chainOf('nat', LAYOUT_CHAIN, [], undefined),
  ];
}

/** On FORWARD and OUTPUT, where a destination that nat rewrote is the endpoint's already. */
function filterServices(context: FixedContext): OwnedRule[] {
  const { family, features, global } = context;
  const unknownPorts = `${comment('unknown ports of ClusterIPs')} -m set --match-set ${clusterIpSetName(family)} dst`;
  const rest = [
    ...localhostCounter(context),
    ...(features.hasSets ? [`${unknownPorts} ${reject(family)}`] : []),
    ...global.serviceCidrs.map((cidr) => `-d ${cidr} ${comment('unallocated ClusterIPs')} -j DROP`),
  ];
  return [...lookUp(context, 'verdicts'), ...rest.map(ownerless)];
}

/** Counts what kube-proxy counts with a rule for each NodePort: new connections to 127.0.0.0/8 that were sent on. */
function localhostCounter({ family, features, global }: FixedContext): string[] {
  if (family === 'IPv6' || !global.hasLocalhostNodePorts || !features.hasAccounting) return [];
  return [
    `-m conntrack --ctstate DNAT --ctorigdst 127.0.0.0/8 -m nfacct --nfacct-name ${LOCALHOST_NODE_PORTS_COUNTER}`,
  ];
}

/** On INPUT and FORWARD; what FORWARD sees went through KUBE-SERVICES already. */
function filterExternalServices(context: FixedContext): OwnedRule[] {
  const nodePorts = lookUp(context, 'nodePortVerdicts').flatMap(({ rule, owner }) =>
    nodePortDestinations(context).map((destination) => ({ rule: words(destination, rule), owner })),
  );
  const rules = [...lookUp(context, 'verdicts'), ...nodePorts];
  return rules.length > 0 ? [ownerless('-m addrtype ! --dst-type LOCAL -j RETURN'), ...rules] : [];
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
    `${comment('kubernetes forwarding rules')} -m mark --mark ${markHex(global)}/${markHex(global)} -j ACCEPT`,
    `${comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  ];
}

function postrouting(global: GlobalPlan): string[] {
  return [
    `-m mark ! --mark ${markHex(global)}/${markHex(global)} -j RETURN`,
    // A packet that comes by again, in a tunnel, must not be masqueraded again.
    `-j MARK --set-xmark ${markHex(global)}/0x0`,
    `${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
  ];
}

function lookUp({ family, dispatches }: FixedContext, dispatch: DispatchName): OwnedRule[] {
  return rootRules({ family, dispatch }, dispatches[dispatch]);
}

function ownerless(rule: string): OwnedRule {
  return { rule, owner: undefined };
}
