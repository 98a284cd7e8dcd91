// The dataplanes of this node: one for each IP family that it has, of the mode that the configuration wants.
import type { ProxyConfig } from '../config/fields.ts';
import type { IptablesVariant } from '../dataplane/iptables/tools.ts';
import type { Logger } from '../log/logger.ts';
import type { IpFamily } from '../model/ip.ts';
import type { AnyKernelMirror } from '../sync/kernel-mirror.ts';
import type { Exec } from '../system/exec.ts';
import { sysctl } from '../system/sysctl.ts';
import { createIptablesKernels, variantOfNode } from './iptables-kernels.ts';

export interface KernelsOptions {
  readonly mode: ProxyConfig['mode'];
  /** undefined: the one that the node uses. */
  readonly iptablesVariant: IptablesVariant | undefined;
  readonly exec: Exec;
  readonly log: Logger;
}

/** Tries what the kernel can do; writes no rule yet. Throws when it lacks something that everything stands on. */
export async function createKernels(options: KernelsOptions): Promise<readonly AnyKernelMirror[]> {
  const families = familiesOfNode(options.log);
  if (options.mode === 'nftables') throw new Error('mode nftables is not there yet');
  const variant = options.iptablesVariant ?? (await variantOfNode(options));
  return createIptablesKernels(variant, families, options);
}

/** A kernel without IPv6 has no such setting; one where it is switched off has no addresses to serve. */
function familiesOfNode(log: Logger): readonly IpFamily[] {
  if (sysctl.read('net/ipv6/conf/all/disable_ipv6') === '0') return ['IPv4', 'IPv6'];
  log.notice({}, 'the node has no IPv6, serving IPv4 only');
  return ['IPv4'];
}
