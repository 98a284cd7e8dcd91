// What a row of the benchmark is given and what it gives back.
import type { NetnsFactory } from '../parts/netns.ts';
import type { Figure } from '../report/figure.ts';

export interface Row {
  /** For `--only`. */
  readonly name: string;
  readonly run: (context: RowContext) => Promise<readonly Figure[]>;
}

export interface RowContext {
  readonly netns: NetnsFactory;
  readonly sizes: Sizes;
}

/** How large and how often. */
export interface Sizes {
  /** Services of the large populations, with ten endpoints each where uniform. */
  readonly services: number;
  /** The same for full syncs with the nft variant, whose tools take time by the square. */
  readonly nftServices: number;
  /** Services of the small population that costs must not differ from. */
  readonly fewServices: number;
  /** Full syncs of each side. */
  readonly fullRounds: number;
  /** The same with the nft variant, where one of kube-proxy's shape takes minutes. */
  readonly nftFullRounds: number;
  /** Single changes of each side. */
  readonly changeRounds: number;
  /** Connections through each set of rules. */
  readonly connections: number;
  /** Tracked UDP flows, in two network namespaces: the limit of the machine is one for each. */
  readonly flows: number;
  /** For what is watched over a time: rest, and changes that go on. */
  readonly watchMs: number;
}

export const FULL_SIZES: Sizes = {
  services: 10_000,
  nftServices: 5_000,
  fewServices: 100,
  fullRounds: 3,
  nftFullRounds: 1,
  changeRounds: 11,
  connections: 4_000,
  flows: 500_000,
  watchMs: 60_000,
};

export const QUICK_SIZES: Sizes = {
  services: 1_000,
  nftServices: 500,
  fewServices: 100,
  fullRounds: 1,
  nftFullRounds: 1,
  changeRounds: 3,
  connections: 500,
  flows: 50_000,
  watchMs: 5_000,
};

export const ENDPOINTS = 10;
