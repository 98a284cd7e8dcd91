// The nftables dataplanes of this node.
import { lackingFeatures } from '../dataplane/nftables/lacking-features.ts';
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
  readonly affinityClients?: number | undefined;
  readonly exec: Exec;
  readonly log: Logger;
}

/** One for each of the families. Throws when the kernel has no nf_tables, lacks a part of it, or does not let us use it. */
export async function createNftablesKernels(
  families: readonly IpFamily[],
  { affinityClients, exec, log }: NftablesKernelsDeps,
): Promise<NodeKernels> {
  log.notice({}, 'Using nftables Proxier');
  // One for both families: who watches one table is not woken by what we write into the other.
  const nfTables = openNfTables();
  await failIfLacking(families, nfTables);
  await warnOfForwardPolicy(families, { exec, legacyTables, nfTables, log });
  return {
    kernels: families.map(
      (family) => new KernelMirror(createNftablesDataplane({ family, nfTables, affinityClients })),
    ),
    close: () => nfTables.close(),
  };
}

async function failIfLacking(families: readonly IpFamily[], nfTables: NfTables): Promise<void> {
  for (const family of families) {
    const [first, ...others] = await lackingFeatures(nfTables, family);
    if (!first) continue;
    const more = others.length > 0 ? `, and ${others.length} more` : '';
    throw new Error(
      `the kernel cannot do what mode nftables needs for ${family} (Linux 5.13 with all of nf_tables does): ${first}${more}; ` +
        'use another kernel or mode iptables',
    );
  }
}
