// Executes a change set: one transaction where packets come through our chains, several before they do. Decides nothing.
import type { IpFamily } from '../../model/ip.ts';
import type { ServicePortKey } from '../../model/names.ts';
import { NetlinkError } from '../../system/netlink/netlink-error.ts';
import type { NfTables } from '../../system/netlink/nftables/nf-tables.ts';
import { type Cooperative, cooperate } from '../../util/cooperate.ts';
import type { ApplyResult } from '../dataplane.ts';
import type { OwnedElements } from './element.ts';
import { forgetClients } from './forget-clients.ts';
import type { NftablesChangeSet } from './state.ts';
import { Transaction } from './transaction.ts';

export interface ApplyDeps {
  readonly family: IpFamily;
  readonly nfTables: NfTables;
}

/** The kernel holds the lock of all nf_tables users during a transaction: 1 MB takes it about 10 ms. */
const LOAD_BYTES = 1_000_000;

/** Refusals that have nothing to do with what was written. */
const TRANSIENT = new Set(['ENOMEM', 'ENOBUFS', 'EINTR', 'EAGAIN', 'EPERM']);

/** Ends a change set whose transaction was refused. */
class Refused extends Error {
  readonly result: Extract<ApplyResult, { ok: false }>;

  constructor(result: Extract<ApplyResult, { ok: false }>) {
    super(result.error);
    this.result = result;
  }
}

export async function apply(deps: ApplyDeps, changes: NftablesChangeSet): Promise<ApplyResult> {
  const tally = { operations: 0, bytes: 0 };
  try {
    for await (const transaction of transactions(deps.family, changes)) {
      if (transaction.isEmpty) continue;
      await commit(deps, transaction);
      tally.operations += transaction.operations;
      tally.bytes += transaction.bytes;
    }
    tally.operations += await forgetClients(deps, changes.evictions);
    return { ok: true, ...tally };
  } catch (error) {
    if (error instanceof Refused) return error.result;
    // What the socket refuses, no Service is at fault for.
    if (error instanceof NetlinkError) return refusal(error.message, [], true);
    throw error;
  }
}

async function commit({ nfTables }: ApplyDeps, transaction: Transaction): Promise<void> {
  const refusals = await nfTables.transact(transaction.end());
  if (refusals.length === 0) return;
  const { error, suspects } = transaction.blame(refusals);
  const isTransient = refusals.every(({ error: { code } }) => TRANSIENT.has(code));
  throw new Refused(refusal(error, suspects, isTransient));
}

function refusal(error: string, suspects: readonly ServicePortKey[], isTransient: boolean) {
  return { ok: false, error, suspects, isTransient } as const;
}

function transactions(family: IpFamily, changes: NftablesChangeSet): AsyncGenerator<Transaction, void> {
  return changes.isOneTransaction ? allAtOnce(family, changes) : load(family, changes);
}

async function* allAtOnce(family: IpFamily, changes: NftablesChangeSet): AsyncGenerator<Transaction, void> {
  const { removes, sets, chains, elements } = changes;
  const transaction = new Transaction(family);
  const misplaced = new Set(removes.chains);
  const kept = chains.filter(({ name }) => !misplaced.has(name));
  if (sets.length + chains.length > 0) transaction.makeTable();
  transaction.makeChains(kept);
  transaction.empty([...removes.chains, ...kept.map(({ name }) => name)]);
  transaction.removeSets(removes.sets);
  transaction.removeChains(removes.chains);
  transaction.makeSets(sets);
  transaction.makeChains(chains.filter(({ name }) => misplaced.has(name)));
  await cooperate(fill(transaction, elements[Symbol.iterator](), Infinity));
  transaction.fill(chains);
  yield transaction;
}

/** Nothing leads to our chains yet: packets see the last transaction only. */
async function* load(family: IpFamily, changes: NftablesChangeSet): AsyncGenerator<Transaction, void> {
  const { removes, sets, chains, elements } = changes;
  const regular = chains.filter(({ hook }) => !hook);
  const base = chains.filter(({ hook }) => hook);

  const skeleton = new Transaction(family);
  skeleton.makeTable();
  skeleton.makeSets(sets);
  skeleton.makeChains(regular);
  skeleton.fill(regular);
  yield skeleton;

  const rest = elements[Symbol.iterator]();
  for (let isDone = false; !isDone; ) {
    const part = new Transaction(family);
    isDone = await cooperate(fill(part, rest, LOAD_BYTES));
    yield part;
  }

  const switchOver = new Transaction(family);
  switchOver.makeChains(base);
  switchOver.empty(base.map(({ name }) => name));
  switchOver.fill(base);
  yield switchOver;
  yield* sweep(family, removes);
}

/**
 * What another proxy left, after its last rule was taken away. Chains by themselves: before Linux 6.2 they count as used until the
 * transaction that deletes what leads to them is over (see kube-proxy's deletion of stale chains).
 */
function* sweep(
  family: IpFamily,
  { chains, sets }: NftablesChangeSet['removes'],
): Generator<Transaction, void> {
  const emptying = new Transaction(family);
  emptying.empty(chains);
  emptying.removeSets(sets);
  yield emptying;
  const removing = new Transaction(family);
  removing.removeChains(chains);
  yield removing;
}

/** Returns whether all is written. */
function* fill(
  transaction: Transaction,
  elements: Iterator<OwnedElements>,
  maxBytes: number,
): Cooperative<boolean> {
  while (transaction.bytes < maxBytes) {
    const { done, value } = elements.next();
    if (done) return true;
    transaction.write(value);
    yield;
  }
  return false;
}
