// Warns where iptables drops what the node forwards. In iptables mode a rule of ours lets Service traffic through all the same; a
// table of nf_tables cannot overrule what another one drops, so in nftables mode somebody else has to.
import { type ForwardPolicyDeps, variantsThatDropForwarded } from '../dataplane/iptables/forward-policy.ts';
import type { Logger } from '../log/logger.ts';
import type { IpFamily } from '../model/ip.ts';

/** Never throws: nothing depends on it. */
export async function warnOfForwardPolicy(
  families: readonly IpFamily[],
  { log, ...deps }: ForwardPolicyDeps & { readonly log: Pick<Logger, 'warn'> },
): Promise<void> {
  for (const family of families) {
    try {
      for (const variant of await variantsThatDropForwarded(deps, family))
        log.warn(
          { family, variant },
          'the policy of the iptables chain FORWARD is DROP: Services with endpoints on other nodes, and NodePorts, work only where rules of others accept their packets',
        );
    } catch (err) {
      log.warn({ family, err }, 'cannot look at the policy of the iptables chain FORWARD');
    }
  }
}
