// All rows in the order of the table, with their goals.
import { fullSyncRow } from './full-sync.ts';
import type { Row } from './row.ts';

export const ROWS: readonly Row[] = [fullSyncRow('legacy', 0.25), fullSyncRow('nft', 0.06)];
