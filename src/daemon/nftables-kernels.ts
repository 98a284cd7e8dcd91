// The nftables dataplanes of this node.
import { createNftablesDataplane } from '../dataplane/nftables/nftables-dataplane.ts';
import type { Logger } from '../log/logger.ts';
import type { IpFamily } from '../model/ip.ts';
import { KernelMirror } from '../sync/kernel-mirror.ts';
import type { Exec } from '../system/exec.ts';
import { legacyTables } from '../system/legacy-tables.ts';
import { type NfTables, openNfTables } from '../system/netlink/nftables/nf-tables.ts';
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
  const opened: NfTables[] = [];
  const kernels = families.map((family) => {
    const nfTables = openNfTables();
    opened.push(nfTables);
    return new KernelMirror(createNftablesDataplane({ family, nfTables }));
  });
  const [nfTables] = opened;
  if (nfTables) await warnOfForwardPolicy(families, { exec, legacyTables, nfTables, log });
  return {
    kernels,
    close: () => {
      for (const nfTables of opened) nfTables.close();
    },
  };
}
