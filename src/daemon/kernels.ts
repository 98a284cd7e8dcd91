// The dataplanes of this node, of the mode that the configuration wants.
import type { ProxyConfig } from '../config/fields.ts';
import type { IptablesVariant } from '../dataplane/iptables/tools.ts';
import type { Logger } from '../log/logger.ts';
import type { IpFamily } from '../model/ip.ts';
import type { AnyKernelMirror } from '../sync/kernel-mirror.ts';
import type { Exec } from '../system/exec.ts';
import { sysctl } from '../system/sysctl.ts';

export interface KernelsOptions {
  readonly mode: ProxyConfig['mode'];
  /** undefined: the one that the node uses. */
  readonly iptablesVariant: IptablesVariant | undefined;
  /** undefined: as many as usual. */
  readonly affinityClients?: number | undefined;
  readonly exec: Exec;
  readonly log: Logger;
}

export interface NodeKernels {
  /** One for each IP family that the node has. */
  readonly kernels: readonly AnyKernelMirror[];
  /** Once nobody uses them any more. */
  close(): void;
}

/** Tries what the kernel can do; writes no rule yet. Throws when it lacks something that everything stands on. */
export async function createKernels(options: KernelsOptions): Promise<NodeKernels> {
  const families = familiesOfNode(options.log);
  // Only what the mode needs is loaded: the code of a dataplane costs start-up time and memory.
  if (options.mode === 'nftables') {
    const { createNftablesKernels } = await import('./nftables-kernels.ts');
    return createNftablesKernels(families, options);
  }
  const { createIptablesKernels, variantOfNode } = await import('./iptables-kernels.ts');
  const variant = options.iptablesVariant ?? (await variantOfNode(options));
  return { kernels: await createIptablesKernels(variant, families, options), close: () => {} };
}

/** A kernel without IPv6 has no such setting; one where it is switched off has no addresses to serve. */
function familiesOfNode(log: Logger): readonly IpFamily[] {
  if (sysctl.read('net/ipv6/conf/all/disable_ipv6') === '0') return ['IPv4', 'IPv6'];
  log.notice({}, 'the node has no IPv6, serving IPv4 only');
  return ['IPv4'];
}
