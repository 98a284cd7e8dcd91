// Removes the table of service proxies: ours of any layout, and that of kube-proxy's nftables mode. Established connections live on.
import type { IpFamily } from '../../model/ip.ts';
import { NetlinkError } from '../../system/netlink/netlink-error.ts';
import type { NfTables } from '../../system/netlink/nftables/nf-tables.ts';
import { NftBatch } from '../../system/netlink/nftables/nft-batch.ts';
import type { NftExpression } from '../../system/netlink/nftables/nft-expression.ts';
import type { NftTable } from '../../system/netlink/nftables/nft-table.ts';
import { hostOrder } from './host-order.ts';
import { TABLE_NAME } from './names.ts';
import { whileUndisturbed } from './while-undisturbed.ts';

export interface TableRemoval {
  readonly family: IpFamily;
  /** There was a table, and it is gone. */
  readonly isRemoved: boolean;
  /** The anchor is there now. */
  readonly isAnchored: boolean;
  /** A sentence: why the table is still there. */
  readonly problem?: string;
}

export interface RemovalOptions {
  /**
   * Nobody else has connections tracked and translated, so that established ones would break: leaves a table with one chain that
   * asks for it, if there was one that did. kube-proxy and Fairlead take it for their own, and remove or rewrite it, when they start.
   */
  readonly needsAnchor: boolean;
}

type Port = Pick<NfTables, 'chains' | 'transact'>;

/** Never throws for what the kernel refuses. May be run again and again. */
export async function removeTable(
  nfTables: Port,
  family: IpFamily,
  { needsAnchor }: RemovalOptions,
): Promise<TableRemoval> {
  const table: NftTable = { family, name: TABLE_NAME };
  try {
    const natChains = needsAnchor ? await natChainsOf(nfTables, table) : [];
    const isAnchored = natChains.length > 0;
    if (natChains.join() === ANCHOR.name) return { family, isRemoved: false, isAnchored };
    const [refusal] = await nfTables.transact(removal(table, isAnchored));
    return refusal ? notRemoved(family, refusal.error) : { family, isRemoved: true, isAnchored };
  } catch (error) {
    if (error instanceof NetlinkError) return notRemoved(family, error);
    throw error;
  }
}

/** Without a table there is no problem: a kernel without nf_tables answers EINVAL, and one without the family EOPNOTSUPP. */
function notRemoved(family: IpFamily, { code, message }: NetlinkError): TableRemoval {
  const isMissing = ['ENOENT', 'EINVAL', 'ENOTSUP'].includes(code);
  return {
    family,
    isRemoved: false,
    isAnchored: false,
    ...(!isMissing && { problem: `nf_tables: ${message}` }),
  };
}

/** Names; what is translated at all passes these. */
async function natChainsOf(nfTables: Port, table: NftTable): Promise<readonly string[]> {
  const chains = await whileUndisturbed(() => nfTables.chains(table));
  return chains.filter(({ hook }) => hook?.type === 'nat').map(({ name }) => name);
}

/** In one transaction: between two, the kernel would stop tracking. */
function removal(table: NftTable, withAnchor: boolean): Uint8Array {
  const batch = new NftBatch(table);
  batch.deleteTable();
  if (withAnchor) {
    batch.newTable('keeps connections that service proxies established');
    batch.newChain(ANCHOR);
    batch.newRule(ANCHOR.name, { expressions: CT_STATE_INVALID_RETURN });
  }
  return batch.end();
}

/** By the name of a base chain, which kube-proxy makes anew when it starts. */
const ANCHOR = {
  name: 'nat-prerouting',
  hook: { type: 'nat', point: 'prerouting', priority: -100 },
} as const;

/** NF_CT_STATE_INVALID_BIT */
const CT_STATE_INVALID = 1;

const CT_STATE_INVALID_RETURN: readonly NftExpression[] = [
  { kind: 'ct', key: 'state', to: 0 },
  { kind: 'bitwise', from: 0, to: 0, mask: hostOrder(CT_STATE_INVALID), xor: hostOrder(0) },
  { kind: 'compare', from: 0, operator: 'not-equal', value: hostOrder(0) },
  { kind: 'verdict', verdict: { kind: 'return' } },
];
