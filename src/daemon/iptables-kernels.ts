// The iptables dataplanes of this node: one for each family that it has.
import type { BaseLogger } from 'pino';
import { createIptablesDataplane } from '../dataplane/iptables/iptables-dataplane.ts';
import { legacyRuleCounter, nftRuleCounter } from '../dataplane/iptables/rule-counters.ts';
import type { IpFamily } from '../model/ip.ts';
import { type AnyKernelMirror, KernelMirror } from '../sync/kernel-mirror.ts';
import { exec } from '../system/exec.ts';
import { readTableEntries } from '../system/iptables-info.ts';
import { openNetlinkSocket } from '../system/netlink/netlink-socket.ts';
import { sysctl } from '../system/sysctl.ts';

export interface IptablesKernelsOptions {
  readonly variant: string | undefined;
  readonly log: Pick<BaseLogger, 'info' | 'warn'>;
}

export async function createIptablesKernels({
  variant,
}: IptablesKernelsOptions): Promise<readonly AnyKernelMirror[]> {
  const families: IpFamily[] = ['IPv4', 'IPv6'];
  return families.map((family) => {
    const dataplane = createIptablesDataplane({
      family,
      variant: variant === 'legacy' ? 'legacy' : 'nft',
      features: { hasSets: true, hasAccounting: false, isTcpBeLiberal: false },
      exec,
      sysctl,
      ruleCounter:
        variant === 'legacy'
          ? legacyRuleCounter(family, readTableEntries)
          : nftRuleCounter(family, openNetlinkSocket),
    });
    return new KernelMirror(dataplane);
  });
}
