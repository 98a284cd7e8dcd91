// All rows in the order of the table, with their goals.
import { mixed, uniform } from '../populations/named-population.ts';
import { churnRow } from './churn.ts';
import { connectRow } from './connect.ts';
import { evennessRow } from './evenness.ts';
import { classRow, eventRow } from './event-to-kernel.ts';
import { flowsRow } from './flows.ts';
import { fullSyncRow } from './full-sync.ts';
import { hugeRow } from './huge.ts';
import { loopBlockRow } from './loop-block.ts';
import { memoryRow } from './memory.ts';
import { oneChangeRow } from './one-change.ts';
import { pureChangeRow } from './pure-change.ts';
import { restRow } from './rest.ts';
import { ENDPOINTS, type Row, type Sizes } from './row.ts';
import { ruleCountRow } from './rule-count.ts';
import { scrapeRow } from './scrape.ts';
import { startRow } from './start.ts';

const services = (sizes: Sizes) => sizes.services;
const nftServices = (sizes: Sizes) => sizes.nftServices;
const watchMs = (sizes: Sizes) => sizes.watchMs;

/** Full syncs of each side: where one of kube-proxy's shape takes minutes, one has to do. */
const often = (sizes: Sizes) => sizes.fullRounds;
const seldom = (sizes: Sizes) => sizes.slowFullRounds;

/** Populations by the sizes of the run: all Services, half of them, and what the nft variant is measured with. */
const uniformAll = (sizes: Sizes) => uniform(sizes.services, ENDPOINTS);
const uniformHalf = (sizes: Sizes) => uniform(sizes.services / 2, ENDPOINTS);
const uniformNft = (sizes: Sizes) => uniform(sizes.nftServices, ENDPOINTS);
const mixedAll = (sizes: Sizes) => mixed(sizes.services);

const IPTABLES_ROWS: readonly Row[] = [
  fullSyncRow({
    mode: 'legacy',
    cases: [
      { population: uniformAll, rounds: often, goal: { atMost: 0.25 } },
      { population: mixedAll, rounds: often, goal: {} },
    ],
  }),
  fullSyncRow({
    mode: 'nft',
    // No mixed population: kube-proxy's shape of this one alone takes minutes.
    cases: [{ population: uniformNft, rounds: seldom, goal: { atMost: 0.06 } }],
  }),
  oneChangeRow({ mode: 'legacy', services, goal: { atMost: 0.45 } }),
  oneChangeRow({ mode: 'nft', services: nftServices, goal: { atMost: 0.35 } }),
  ruleCountRow,
  pureChangeRow,
  connectRow({ mode: 'legacy', services, goal: { atMost: 1.15 } }),
  connectRow({ mode: 'nft', services, goal: { atMost: 1.15 } }),
  memoryRow('memory', [
    { mode: 'legacy', population: uniformAll, goals: { steady: 140, peak: 220, together: 350 } },
    { mode: 'legacy', population: mixedAll },
    { mode: 'nft', population: uniformNft },
  ]),
  loopBlockRow('loop-block', 'legacy', { atMost: 50 }),
  restRow,
  scrapeRow,
  startRow('start', 'legacy', { empty: { atMost: 0.6 }, uniform: { atMost: 3 } }),
  churnRow('churn', [
    {
      ...{ mode: 'legacy', perSecond: 100, durationMs: watchMs },
      goals: { growth: { atMost: 1.5 }, p99: {}, cpu: {} },
    },
  ]),
  flowsRow,
];

const NFTABLES_ROWS: readonly Row[] = [
  fullSyncRow({
    mode: 'nftables',
    cases: [
      { population: uniformHalf, rounds: often, goal: { atLeast: 8 } },
      { population: uniformAll, rounds: often, goal: { atLeast: 30 } },
      { population: mixedAll, rounds: seldom, goal: {} },
    ],
  }),
  startRow('start-nftables', 'nftables', { empty: {}, uniform: { atMost: 2.5 } }),
  oneChangeRow({ mode: 'nftables', services, goal: { atLeast: 500 } }),
  eventRow,
  classRow,
  churnRow('churn-nftables', [
    {
      ...{ mode: 'nftables', perSecond: 100, durationMs: watchMs },
      goals: { p99: { atMost: 50 }, cpu: { atMost: 5 } },
    },
    {
      ...{ mode: 'nftables', perSecond: 1_000, durationMs: (sizes) => sizes.watchMs / 3 },
      goals: { behind: { atMost: 1_000 }, p99: {}, cpu: {} },
    },
  ]),
  connectRow({ mode: 'nftables', services: (sizes) => 3 * sizes.services, goal: { atMost: 1.1 } }),
  evennessRow('nftables'),
  memoryRow('memory-nftables', [
    { mode: 'nftables', population: uniformAll, goals: { steady: 140, peak: 220 } },
    { mode: 'nftables', population: mixedAll },
  ]),
  loopBlockRow('loop-block-nftables', 'nftables', { atMost: 20 }),
  hugeRow,
];

export const ROWS: readonly Row[] = [...IPTABLES_ROWS, ...NFTABLES_ROWS];
