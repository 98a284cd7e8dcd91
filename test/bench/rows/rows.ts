// All rows in the order of the table, with their goals.
import { connectRow } from './connect.ts';
import { fullSyncRow } from './full-sync.ts';
import { oneChangeRow } from './one-change.ts';
import { pureChangeRow } from './pure-change.ts';
import type { Row } from './row.ts';
import { ruleCountRow } from './rule-count.ts';

export const ROWS: readonly Row[] = [
  fullSyncRow('legacy', 0.25),
  fullSyncRow('nft', 0.06),
  oneChangeRow('legacy', 0.45),
  oneChangeRow('nft', 0.35),
  ruleCountRow,
  pureChangeRow,
  connectRow('legacy'),
  connectRow('nft'),
];
