// A change set as the input of iptables-restore, and the way back from a line of it to whose rule it is. Chains that are
// declared are emptied, so a stale chain is declared before it is deleted. filter comes before nat: a Service that loses its
// last endpoint has its REJECT before its DNAT goes.
import { type Chain, type ChainId, type Owner, parseChainId } from './chain.ts';
import type { Table } from './names.ts';
import type { SharedRule } from './shared-rules.ts';
import type { IptablesChangeSet } from './state.ts';
import { writeSteps } from './write-order.ts';

const TABLES: readonly Table[] = ['filter', 'nat', 'mangle'];

/** One or more whole lines, and whose they are. */
interface Piece {
  readonly text: string;
  readonly owner: Chain['owner'];
}

/** Bytes of input that are handed over at once. */
const BATCH_LENGTH = 64 * 1024;

/** The input, piece by piece, so that it never exists as a whole. */
export function* restoreInput(changes: IptablesChangeSet): Generator<string> {
  let batch = '';
  for (const { text } of pieces(changes)) {
    batch += text;
    if (batch.length < BATCH_LENGTH) continue;
    yield batch;
    batch = '';
  }
  yield batch;
}

/** The owner of a line of the input; lines count from 1. */
export function ownerOfLine(changes: IptablesChangeSet, line: number): Owner {
  let before = 0;
  for (const { text, owner } of pieces(changes)) {
    const lines = countLines(text);
    if (line <= before + lines) return typeof owner === 'object' ? owner[line - before - 1] : owner;
    before += lines;
  }
  return undefined;
}

function* pieces(changes: IptablesChangeSet): Generator<Piece> {
  for (const table of TABLES) yield* tablePieces(table, changes);
}

function* tablePieces(table: Table, changes: IptablesChangeSet): Generator<Piece> {
  const writes = changes.writes.filter((chain) => chain.table === table);
  const inserts = changes.inserts.filter((rule) => rule.table === table);
  const removes = namesIn(table, changes.removes);
  const creates = namesIn(table, changes.creates);
  if (writes.length + inserts.length + removes.length === 0) return;
  yield { text: `*${table}\n`, owner: undefined };
  for (const name of creates) yield { text: declaration(name), owner: undefined };
  for (const { kind, chain } of writeSteps(writes)) {
    yield kind === 'fill' ? chain : { text: declaration(chain.name), owner: ownerOf(chain.owner) };
  }
  for (const name of removes) yield { text: declaration(name), owner: undefined };
  yield* insertPieces(inserts);
  for (const name of removes) yield { text: `-X ${name}\n`, owner: undefined };
  yield { text: 'COMMIT\n', owner: undefined };
}

function namesIn(table: Table, ids: readonly ChainId[]): string[] {
  return ids.map(parseChainId).flatMap((chain) => (chain.table === table ? [chain.name] : []));
}

/** A chain that belongs to several belongs to none as a whole. */
function ownerOf(owner: Chain['owner']): Owner {
  return typeof owner === 'object' ? undefined : owner;
}

function* insertPieces(inserts: readonly SharedRule[]): Generator<Piece> {
  for (const { chain, rule } of inserts) yield { text: `-I ${chain} ${rule}\n`, owner: undefined };
}

function declaration(chain: string): string {
  return `:${chain} - [0:0]\n`;
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}
