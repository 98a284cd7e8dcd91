// kube-proxy on a bed's node, of the mode and variant of the bed: what was recorded of it, and how it comes back.
import type { Bed } from './bed.ts';
import type { DataplaneName } from './dataplanes.ts';
import { runKubeProxy, syncKubeProxy } from './kube-proxy-rules.ts';
import { loadKubeProxyTables, syncKubeProxyTables } from './kube-proxy-tables.ts';

export interface KubeProxy {
  /** Its rules as recorded, on a node that has none of it. */
  run(bed: Bed): Promise<void>;
  /** As its first full sync does, when it comes back. */
  sync(bed: Bed): Promise<void>;
  /**
   * The chain or set that a line of the ruleset belongs to, where kube-proxy leaves such as are not its own. undefined where it leaves
   * none, and for what leads packets to all others: base chains, and rules in chains of the kernel.
   */
  ownerOf(line: string): string | undefined;
}

/** In filter it collects no chains. */
const IN_IPTABLES: KubeProxy = {
  run: runKubeProxy,
  sync: syncKubeProxy,
  ownerOf: (line) => /^filter (?::|-A )(KUBE-\S+)/.exec(line)?.[1],
};

const KUBE_PROXIES: Readonly<Record<DataplaneName, KubeProxy>> = {
  'iptables-legacy': IN_IPTABLES,
  'iptables-nft': IN_IPTABLES,
  nftables: {
    run: loadKubeProxyTables,
    sync: syncKubeProxyTables,
    ownerOf: (line) =>
      /^\S+ \S+ (?:chain \S+ $|(?:rule|set|element) )/.test(line) ? line.split(' ')[3] : undefined,
  },
};

export function kubeProxyOf({ dataplane }: Bed): KubeProxy {
  return KUBE_PROXIES[dataplane];
}
