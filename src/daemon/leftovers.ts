// What service proxies left on the node, by the mode that they ran in: how the daemon and `--cleanup` remove it.
import type { ProxyConfig } from '../config/fields.ts';
import { cleanUpIptables } from '../dataplane/iptables/cleanup.ts';
import { removeTable, type TableRemoval } from '../dataplane/nftables/cleanup.ts';
import type { IpFamily } from '../model/ip.ts';
import type { Exec } from '../system/exec.ts';
import { openNfTables } from '../system/netlink/nftables/nf-tables.ts';
import { systemClock } from '../util/clock.ts';
import type { Removal } from './other-mode.ts';

/** What a daemon in this mode removes: that of the other one. */
export function removerFor(mode: ProxyConfig['mode'], exec: Exec): (signal: AbortSignal) => Promise<Removal> {
  return mode === 'nftables'
    ? (signal) => removeIptablesRules(exec, signal)
    : () => removeNftablesTables({ needsAnchor: () => false }).then(removalOf);
}

/** Our table has connections tracked, so that nothing of iptables has to. */
async function removeIptablesRules(exec: Exec, signal: AbortSignal): Promise<Removal> {
  const report = await cleanUpIptables({ exec, clock: systemClock, signal, isReplaced: true });
  const { chains, jumps, sets, problems } = report;
  return { removed: { chains, jumps, sets }, problems };
}

function removalOf(tables: readonly TableRemoval[]): Removal {
  return {
    removed: { tables: tables.filter(({ isRemoved }) => isRemoved).length },
    problems: tables.flatMap(({ problem }) => problem ?? []),
  };
}

/** In both families. */
export async function removeNftablesTables({
  needsAnchor,
}: {
  readonly needsAnchor: (family: IpFamily) => boolean;
}): Promise<readonly TableRemoval[]> {
  const nfTables = openNfTables();
  try {
    const removals: TableRemoval[] = [];
    for (const family of ['IPv4', 'IPv6'] as const)
      removals.push(await removeTable(nfTables, family, { needsAnchor: needsAnchor(family) }));
    return removals;
  } finally {
    nfTables.close();
  }
}
