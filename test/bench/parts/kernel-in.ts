// The kernel of a namespace of the bench behind our dataplanes, IPv4.
import {
  createIptablesDataplane,
  type IptablesDataplane,
} from '../../../src/dataplane/iptables/iptables-dataplane.ts';
import type { RuleCounter } from '../../../src/dataplane/iptables/tamper-probe.ts';
import type { IptablesVariant } from '../../../src/dataplane/iptables/tools.ts';
import { createNftablesDataplane } from '../../../src/dataplane/nftables/nftables-dataplane.ts';
import { type AnyKernelMirror, KernelMirror } from '../../../src/sync/kernel-mirror.ts';
import { openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { openNfTables } from '../../../src/system/netlink/nftables/nf-tables.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { type Sysctl, sysctl } from '../../../src/system/sysctl.ts';
import type { BenchMode } from './mode.ts';
import type { Netns } from './netns.ts';

export interface KernelIn {
  readonly kernel: AnyKernelMirror;
  /** The namespace lives as long as sockets are open in it. */
  readonly close: () => void;
}

export function kernelIn(netns: Netns, mode: BenchMode): KernelIn {
  if (mode !== 'nftables')
    return { kernel: new KernelMirror(iptablesDataplaneIn(netns, mode)), close: () => {} };
  const nfTables = openNfTables((options) => inNetns(netns.name, () => openNetlinkSocket(options)));
  const dataplane = createNftablesDataplane({ family: 'IPv4', nfTables });
  return { kernel: new KernelMirror(dataplane), close: () => nfTables.close() };
}

export function iptablesDataplaneIn(netns: Netns, variant: IptablesVariant): IptablesDataplane {
  return createIptablesDataplane({
    family: 'IPv4',
    variant,
    features: { hasSets: true, hasAccounting: true, isTcpBeLiberal: false },
    exec: netns.exec,
    sysctl: sysctlIn(netns),
    ruleCounter: NO_COUNTER,
  });
}

/** /proc/sys/net shows the namespace of whoever looks. */
function sysctlIn({ name: netns }: Netns): Sysctl {
  return {
    read: (name) => inNetns(netns, () => sysctl.read(name)),
    write: (name, value) => inNetns(netns, () => sysctl.write(name, value)),
  };
}

/** Nobody looks for tampering here: that costs nothing of what is measured. */
const NO_COUNTER: RuleCounter = {
  *count() {
    yield;
    return undefined;
  },
  countOf: () => 0,
  hasChanged: () => false,
};
