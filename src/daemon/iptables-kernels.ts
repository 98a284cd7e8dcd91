// The iptables dataplanes of this node, in the variant that it uses.
import { type IptablesFeatures, probeFeatures } from '../dataplane/iptables/features.ts';
import { createIptablesDataplane } from '../dataplane/iptables/iptables-dataplane.ts';
import { legacyRuleCounter, nftRuleCounter } from '../dataplane/iptables/rule-counters.ts';
import type { IptablesVariant } from '../dataplane/iptables/tools.ts';
import { detectVariant } from '../dataplane/iptables/variant.ts';
import type { Logger } from '../log/logger.ts';
import type { IpFamily } from '../model/ip.ts';
import { type AnyKernelMirror, KernelMirror } from '../sync/kernel-mirror.ts';
import type { Exec } from '../system/exec.ts';
import { readTableEntries } from '../system/iptables-info.ts';
import { openNetlinkSocket } from '../system/netlink/netlink-socket.ts';
import { type Sysctl, sysctl } from '../system/sysctl.ts';

export interface KernelsDeps {
  readonly exec: Exec;
  readonly log: Logger;
}

/** One for each of the families. */
export async function createIptablesKernels(
  variant: IptablesVariant,
  families: readonly IpFamily[],
  deps: KernelsDeps,
): Promise<readonly AnyKernelMirror[]> {
  deps.log.notice({ variant }, 'Using iptables Proxier');
  return Promise.all(families.map((family) => createKernel(family, variant, deps)));
}

export async function variantOfNode({ exec, log }: KernelsDeps): Promise<IptablesVariant> {
  const { variant, because } = await detectVariant(exec);
  log.info({ variant, because }, 'found out which variant of iptables the node uses');
  return variant;
}

async function createKernel(
  family: IpFamily,
  variant: IptablesVariant,
  { exec, log }: KernelsDeps,
): Promise<AnyKernelMirror> {
  const features: IptablesFeatures = {
    ...(await probeFeatures({ exec, variant, family })),
    isTcpBeLiberal: isTcpBeLiberal(),
  };
  if (!features.hasSets) {
    log.warn({ family }, 'ipset or xt_set is missing: session affinity holds for 100 clients of an endpoint');
  }
  const ruleCounter =
    variant === 'legacy'
      ? legacyRuleCounter(family, readTableEntries)
      : nftRuleCounter(family, openNetlinkSocket);
  const deps = { family, variant, features, exec, ruleCounter, sysctl: tolerant(sysctl, log) };
  return new KernelMirror(createIptablesDataplane(deps));
}

/** Packets that conntrack would call INVALID must then pass (KP 3.8). */
function isTcpBeLiberal(): boolean {
  const value = sysctl.read('net/netfilter/nf_conntrack_tcp_be_liberal');
  return value !== undefined && value !== '0';
}

/** A setting that cannot be written costs NodePorts on 127.0.0.1 and nothing else, so it is told and no failure. */
function tolerant({ read, write }: Sysctl, log: Pick<Logger, 'warn'>): Sysctl {
  return {
    read,
    write: (name, value) => {
      try {
        write(name, value);
      } catch (err) {
        log.warn({ err }, 'cannot write a kernel setting, NodePorts on 127.0.0.1 will not answer');
      }
    },
  };
}
