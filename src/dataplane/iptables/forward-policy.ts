// Whether iptables drops what the node forwards, by the policy of its FORWARD chain.
import type { IpFamily } from '../../model/ip.ts';
import type { Exec } from '../../system/exec.ts';
import type { LegacyTables } from '../../system/legacy-tables.ts';
import type { NfTables } from '../../system/netlink/nftables/nf-tables.ts';
import { type IptablesVariant, listProgram } from './tools.ts';

export interface ForwardPolicyDeps {
  readonly exec: Exec;
  readonly legacyTables: LegacyTables;
  readonly nfTables: Pick<NfTables, 'chain'>;
}

const TIMEOUT_MS = 30_000;

/** The variants in which the policy is DROP. Looks at this one chain, and makes no table. Throws NetlinkError. */
export async function variantsThatDropForwarded(
  deps: ForwardPolicyDeps,
  family: IpFamily,
): Promise<readonly IptablesVariant[]> {
  const [legacy, nft] = await Promise.all([legacyDrops(deps, family), nftDrops(deps, family)]);
  return [...(legacy ? (['legacy'] as const) : []), ...(nft ? (['nft'] as const) : [])];
}

async function legacyDrops({ exec, legacyTables }: ForwardPolicyDeps, family: IpFamily): Promise<boolean> {
  if (!legacyTables(family).includes('filter')) return false;
  const file = listProgram('legacy', family);
  const { stdout } = await exec({ file, args: ['-w', '5', '-S', 'FORWARD'], timeoutMs: TIMEOUT_MS });
  return stdout.startsWith('-P FORWARD DROP');
}

async function nftDrops({ nfTables }: ForwardPolicyDeps, family: IpFamily): Promise<boolean> {
  const chain = await nfTables.chain({ family, name: 'filter' }, 'FORWARD');
  return chain?.policy === 'drop';
}
