// The nftables dataplanes of this node.
import { createNftablesDataplane } from '../dataplane/nftables/nftables-dataplane.ts';
import type { Logger } from '../log/logger.ts';
import type { IpFamily } from '../model/ip.ts';
import { KernelMirror } from '../sync/kernel-mirror.ts';
import type { Exec } from '../system/exec.ts';
import { legacyTables } from '../system/legacy-tables.ts';
import { openNfTables } from '../system/netlink/nftables/nf-tables.ts';
import { warnOfForwardPolicy } from './forward-policy.ts';
import type { NodeKernels } from './kernels.ts';

export interface NftablesKernelsDeps {
  readonly exec: Exec;
  readonly log: Logger;
}

/** One for each of the families. Throws NetlinkError when the kernel has no nf_tables, or does not let us use it. */
export async function createNftablesKernels(
  families: readonly IpFamily[],
  { exec, log }: NftablesKernelsDeps,
): Promise<NodeKernels> {
  log.notice({}, 'Using nftables Proxier');
  // One for both families: who watches one table is not woken by what we write into the other.
  const nfTables = openNfTables();
  await warnOfForwardPolicy(families, { exec, legacyTables, nfTables, log });
  return {
    kernels: families.map((family) => new KernelMirror(createNftablesDataplane({ family, nfTables }))),
    close: () => nfTables.close(),
  };
}
