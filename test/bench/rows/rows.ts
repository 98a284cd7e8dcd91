// All rows in the order of the table, with their goals.
import { churnRow } from './churn.ts';
import { connectRow } from './connect.ts';
import { flowsRow } from './flows.ts';
import { fullSyncRow } from './full-sync.ts';
import { loopBlockRow } from './loop-block.ts';
import { memoryRow } from './memory.ts';
import { oneChangeRow } from './one-change.ts';
import { pureChangeRow } from './pure-change.ts';
import { restRow } from './rest.ts';
import type { Row } from './row.ts';
import { ruleCountRow } from './rule-count.ts';
import { scrapeRow } from './scrape.ts';
import { startRow } from './start.ts';

export const ROWS: readonly Row[] = [
  fullSyncRow('legacy', 0.25),
  fullSyncRow('nft', 0.06),
  oneChangeRow('legacy', 0.45),
  oneChangeRow('nft', 0.35),
  ruleCountRow,
  pureChangeRow,
  connectRow('legacy'),
  connectRow('nft'),
  memoryRow,
  loopBlockRow,
  restRow,
  scrapeRow,
  startRow,
  churnRow,
  flowsRow,
];
