// What one service port puts into the dispatch tries: for each of its frontends where packets to it go in nat, and which
// verdict they get in filter.
import type { Frontend, ServicePlan, TrafficPlan } from '../../plan/plan.ts';
import { compactArray } from '../../util/compact-array.ts';
import { bucketLevels } from './balance.ts';
import type { Dispatches } from './dispatch.ts';
import { dispatchKey } from './dispatch-key.ts';
import type { RenderContext } from './features.ts';
import { comment, destinationPort, host, reject, words } from './rule-text.ts';
import type { ServiceUse } from './service-use.ts';
import type { TrieEntry } from './trie.ts';

export function serviceEntries(
  context: RenderContext,
  plan: ServicePlan,
  use: ServiceUse,
): Dispatches<readonly TrieEntry[]> {
  const withAddress = use.frontends.filter(({ kind }) => kind !== 'NodePort');
  const nodePorts = use.frontends.filter(({ kind }) => kind === 'NodePort');
  const verdict = (frontend: Frontend) => verdictEntries(context, { plan, use, frontend });
  const firewalled = withAddress.filter((frontend) => isFirewalled(use, frontend));
  return {
    services: entriesOf(withAddress, (frontend) => serviceEntry(plan, use, frontend)),
    nodePorts: entriesOf(nodePorts, (frontend) => serviceEntry(plan, use, frontend)),
    verdicts: entriesOf(withAddress, verdict),
    nodePortVerdicts: entriesOf(nodePorts, verdict),
    firewall: entriesOf(firewalled, (frontend) => [
      entryOf(plan, frontend, { action: words('-g', use.firewallChain), depth: 1 }),
    ]),
    healthChecks: compactArray(healthCheckEntries(plan, use)),
  };
}

/** Kept as long as the service port is there, and mostly empty. */
function entriesOf(
  frontends: readonly Frontend[],
  entries: (frontend: Frontend) => TrieEntry[],
): readonly TrieEntry[] {
  return compactArray(frontends.flatMap(entries));
}

function serviceEntry(plan: ServicePlan, use: ServiceUse, frontend: Frontend): TrieEntry[] {
  const chain = chainFor(plan, use, frontend);
  return chain
    ? [entryOf(plan, frontend, { action: words('-g', chain), depth: depthBelow(plan, use, frontend) })]
    : [];
}

function chainFor(plan: ServicePlan, use: ServiceUse, frontend: Frontend): string | undefined {
  if (frontend.kind === 'ClusterIP') return use.balanceChain[plan.internal.policy];
  return use.externalChain && isFirewalled(use, frontend) ? use.firewallChain : use.externalChain;
}

/** KUBE-FW-, KUBE-EXT-, KUBE-SVC- or KUBE-SVL-, buckets, and at the end KUBE-SEP- or KUBE-MARK-MASQ. */
function depthBelow(plan: ServicePlan, use: ServiceUse, frontend: Frontend): number {
  const balanced = 1 + bucketLevels(Math.max(plan.clusterEndpoints.length, plan.localEndpoints.length)) + 1;
  // The root of NodePorts is one chain further down, below KUBE-SERVICES.
  const outside = { ClusterIP: 0, ExternalIP: 1, LoadBalancerIP: 1, NodePort: 2 }[frontend.kind];
  return balanced + outside + (isFirewalled(use, frontend) ? 1 : 0);
}

function isFirewalled(use: ServiceUse, { kind }: Frontend): boolean {
  return use.isFirewalled && kind === 'LoadBalancerIP';
}

interface VerdictSubject {
  readonly plan: ServicePlan;
  readonly use: ServiceUse;
  readonly frontend: Frontend;
}

function verdictEntries({ family }: RenderContext, { plan, use, frontend }: VerdictSubject): TrieEntry[] {
  const { verdict }: TrafficPlan = frontend.kind === 'ClusterIP' ? plan.internal : plan.external;
  if (verdict === 'balance') return [];
  const isReject = verdict === 'reject';
  const note = comment(`${use.text} has no ${isReject ? '' : 'local '}endpoints`);
  return [entryOf(plan, frontend, { note, action: isReject ? reject(family) : '-j DROP', depth: 0 })];
}

/** All ports of a Service have its one health-check NodePort: the trie keeps one rule. */
function healthCheckEntries(plan: ServicePlan, use: ServiceUse): TrieEntry[] {
  const port = plan.healthCheckNodePort;
  if (port === 0) return [];
  const frontend: Frontend = { kind: 'NodePort', ip: undefined, protocol: 'TCP', port, lostTo: undefined };
  const note = comment(`${use.text} health check node port`);
  return [entryOf(plan, frontend, { note, action: '-j ACCEPT', depth: 0 })];
}

interface Destiny extends Pick<TrieEntry, 'action' | 'depth'> {
  readonly note?: string;
}

function entryOf(
  { key: owner }: ServicePlan,
  frontend: Frontend,
  { note, action, depth }: Destiny,
): TrieEntry {
  const { ip, protocol, port } = frontend;
  const match = words(
    ip && `-d ${host(ip)}`,
    `-p ${protocol.toLowerCase()}`,
    note,
    destinationPort(protocol, port),
  );
  return { key: dispatchKey(ip, protocol, port), owner, match, action, depth };
}
