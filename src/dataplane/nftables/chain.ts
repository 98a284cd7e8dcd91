// A chain of the table with its rules: what skeleton.ts makes of the global plan and what is compared with the kernel.
import type { NftExpression } from '../../system/netlink/nftables/nft-expression.ts';

export interface Chain {
  readonly name: string;
  /** Only of base chains: where packets come in. Without one the chain does nothing until a rule leads to it. */
  readonly hook?: Hook;
  readonly comment?: string;
  readonly rules: readonly Rule[];
}

export interface Hook {
  readonly type: 'filter' | 'nat';
  readonly point: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  readonly priority: number;
}

export interface Rule {
  /** Tells the rule from any other: kept with it in the kernel, where nft does not show it, and compared by read. */
  readonly tag: string;
  readonly expressions: readonly NftExpression[];
  readonly comment?: string;
}
