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
  /** The same where one of kube-proxy's shape takes minutes. */
  readonly slowFullRounds: number;
  /** Single changes of each side. */
  readonly changeRounds: number;
  /** Single changes that are timed from the socket of the API server into the kernel. */
  readonly eventRounds: number;
  /** Connections through each set of rules. */
  readonly connections: number;
  /** Connections to one Service, to see how often each endpoint is chosen. */
  readonly evennessConnections: number;
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
  slowFullRounds: 1,
  changeRounds: 11,
  eventRounds: 500,
  connections: 4_000,
  evennessConnections: 100_000,
  flows: 500_000,
  watchMs: 60_000,
};

export const QUICK_SIZES: Sizes = {
  services: 1_000,
  nftServices: 500,
  fewServices: 100,
  fullRounds: 1,
  slowFullRounds: 1,
  changeRounds: 3,
  eventRounds: 50,
  connections: 500,
  evennessConnections: 10_000,
  flows: 50_000,
  watchMs: 5_000,
};

export const ENDPOINTS = 10;
