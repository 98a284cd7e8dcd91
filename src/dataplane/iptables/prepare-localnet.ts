// Makes 127.0.0.0/8 routable, for NodePorts there, before the daemon runs: behind the rules that protect what listens there.
import type { ApplyResult } from '../dataplane.ts';
import { type ApplyDeps, apply } from './apply.ts';
import { chainId } from './chain.ts';
import { read } from './read.ts';
import { KUBE_FIREWALL, LOCALNET_PROTECTION, sharedRuleKey } from './shared-rules.ts';

/** Leaves alone what is there already. Throws when the rules cannot be read. */
export async function prepareLocalnet(deps: Omit<ApplyDeps, 'family' | 'features'>): Promise<ApplyResult> {
  // Nothing of this is optional, and IPv6 knows no such thing.
  const features = { hasSets: false, hasAccounting: false, isTcpBeLiberal: false };
  const iptables: ApplyDeps = { ...deps, family: 'IPv4', features };
  const { shared } = await read(iptables);
  const firewall = chainId({ table: 'filter', name: KUBE_FIREWALL });
  return apply(iptables, {
    isEmpty: false,
    writes: [],
    removes: [],
    inserts: LOCALNET_PROTECTION.filter((rule) => !shared.has(sharedRuleKey(rule))),
    creates: shared.has(firewall) ? [] : [firewall],
    setsBefore: [],
    setsAfter: [],
    enablesRouteLocalnet: true,
  });
}
