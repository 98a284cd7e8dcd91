// The dataplanes that these tests run with.
import type { DaemonOptions } from '../../../src/lab/daemon.ts';

/** Those of iptables mode are named as their tools. */
export const IPTABLES = ['iptables-legacy', 'iptables-nft'] as const;
export const DATAPLANES = [...IPTABLES, 'nftables'] as const;
export type DataplaneName = (typeof DATAPLANES)[number];

const OPTIONS: Readonly<Record<DataplaneName, Pick<DaemonOptions, 'config' | 'env'>>> = {
  'iptables-legacy': { config: { mode: 'iptables' }, env: { FAIRLEAD_IPTABLES: 'legacy' } },
  'iptables-nft': { config: { mode: 'iptables' }, env: { FAIRLEAD_IPTABLES: 'nft' } },
  nftables: { config: { mode: 'nftables' } },
};

/** What makes a daemon use it. */
export function optionsOf(name: DataplaneName): Pick<DaemonOptions, 'config' | 'env'> {
  return OPTIONS[name];
}
