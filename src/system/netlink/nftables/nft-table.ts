// What a table of nf_tables is made of, as its writer takes it: table, chains, rules. Sets are in nft-set.ts. Pure data.
import type { NftExpression } from './nft-expression.ts';

/** Tables of both families may have the same name. */
export interface NftTable {
  readonly family: 'IPv4' | 'IPv6';
  readonly name: string;
}

export interface NftChain {
  readonly name: string;
  /** Only of base chains: where packets come in. Its policy is to accept. */
  readonly hook?: NftHook;
  readonly comment?: string;
}

export interface NftHook {
  readonly type: 'filter' | 'nat';
  readonly point: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  readonly priority: number;
}

export interface NftRule {
  readonly expressions: readonly NftExpression[];
  /** Shown by `nft list`. At most 127 bytes of UTF-8, and 250 together with the tag. */
  readonly comment?: string;
  /** Kept by the kernel and handed back by dumps; nft does not show it. */
  readonly tag?: string;
}
