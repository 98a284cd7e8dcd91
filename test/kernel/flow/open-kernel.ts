// Dataplanes in places of a lab, as a daemon there would have them.
import { createIptablesDataplane } from '../../../src/dataplane/iptables/iptables-dataplane.ts';
import { legacyRuleCounter, nftRuleCounter } from '../../../src/dataplane/iptables/rule-counters.ts';
import type { IptablesVariant } from '../../../src/dataplane/iptables/tools.ts';
import {
  createNftablesDataplane,
  type NftablesDataplane,
} from '../../../src/dataplane/nftables/nftables-dataplane.ts';
import { KernelMirror } from '../../../src/sync/kernel-mirror.ts';
import { exec } from '../../../src/system/exec.ts';
import { readTableEntries } from '../../../src/system/iptables-info.ts';
import { openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { openNfTables } from '../../../src/system/netlink/nftables/nf-tables.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { sysctl } from '../../../src/system/sysctl.ts';
import type { OpenKernel } from './direct-drive.ts';

export function openIptables(variant: IptablesVariant): OpenKernel {
  return ({ netns, env }, family) => {
    const dataplane = createIptablesDataplane({
      family,
      variant,
      features: { hasSets: true, hasAccounting: false, isTcpBeLiberal: false },
      exec: ({ file, args, ...rest }) =>
        exec({ ...rest, file: 'ip', args: ['netns', 'exec', netns, file, ...args], env }),
      sysctl: {
        read: (setting) => inNetns(netns, () => sysctl.read(setting)),
        write: (setting, value) => inNetns(netns, () => sysctl.write(setting, value)),
      },
      ruleCounter:
        variant === 'legacy'
          ? legacyRuleCounter(family, (...args) => inNetns(netns, () => readTableEntries(...args)))
          : nftRuleCounter(family, (options) => inNetns(netns, () => openNetlinkSocket(options))),
    });
    return new KernelMirror(dataplane);
  };
}

/** As it is, or changed. */
export function openNftables(
  change: (dataplane: NftablesDataplane) => NftablesDataplane = (dataplane) => dataplane,
): OpenKernel {
  return ({ netns }, family) => {
    const nfTables = openNfTables((options) => inNetns(netns, () => openNetlinkSocket(options)));
    return new KernelMirror(change(createNftablesDataplane({ family, nfTables })));
  };
}
