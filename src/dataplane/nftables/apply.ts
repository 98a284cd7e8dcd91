// Executes a change set: one transaction where packets come through our chains, several before they do. Decides nothing.
import type { ServicePortKey } from '../../model/names.ts';
import { NetlinkError } from '../../system/netlink/netlink-error.ts';
import type { NfTables } from '../../system/netlink/nftables/nf-tables.ts';
import { type Cooperative, cooperate } from '../../util/cooperate.ts';
import type { ApplyResult } from '../dataplane.ts';
import type { OwnedElements } from './element.ts';
import { forgetClients } from './forget-clients.ts';
import type { NftablesChangeSet } from './state.ts';
import { type Target, Transaction } from './transaction.ts';

export interface ApplyDeps extends Target {
  readonly nfTables: NfTables;
}

/**
 * The kernel holds the lock of all nf_tables users during a transaction, and where it is not preemptible the core: this takes it about
 * 3 ms. With 1 MB our own event loop, on the same core, waited for 20 to 30 ms.
 */
const LOAD_BYTES = 300_000;

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
    let committed = Promise.resolve();
    for await (const transaction of transactions(deps, changes)) {
      if (transaction.isEmpty) continue;
      // While the kernel was at work on the one before, this one has been written.
      await committed;
      committed = commit(deps, transaction);
      // It is waited for later: see above and below.
      committed.catch(() => {});
      tally.operations += transaction.operations;
      tally.bytes += transaction.bytes;
    }
    await committed;
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

async function* transactions(target: Target, changes: NftablesChangeSet): AsyncGenerator<Transaction, void> {
  yield* changes.isOneTransaction ? allAtOnce(target, changes) : load(target, changes);
  if (changes.makesLive) yield awakening(target);
}

async function* allAtOnce(target: Target, changes: NftablesChangeSet): AsyncGenerator<Transaction, void> {
  const { removes, sets, chains, elements } = changes;
  const transaction = new Transaction(target);
  const removed = new Set(removes.chains);
  const misplaced = chains.filter(({ name }) => removed.has(name));
  const kept = chains.filter(({ name }) => !removed.has(name));
  if (sets.length + chains.length > 0) transaction.makeTable();
  transaction.makeChains(kept);
  transaction.empty([...removes.chains, ...kept.map(({ name }) => name)]);
  transaction.removeSets(removes.sets);
  transaction.removeChains(misplaced.map(({ name }) => name));
  transaction.makeSets(sets);
  transaction.makeChains(misplaced);
  await cooperate(fill(transaction, elements[Symbol.iterator](), Infinity));
  await cooperate(transaction.fill(chains));
  yield transaction;
  // Until now rules and elements may have led to them: to one of ours that somebody has renamed.
  yield removalOf(target, [...removed.difference(new Set(chains.map(({ name }) => name)))]);
}

/** Nothing leads to our chains yet: packets see the last transaction only. */
async function* load(target: Target, changes: NftablesChangeSet): AsyncGenerator<Transaction, void> {
  const { removes, sets, chains, elements } = changes;
  const regular = chains.filter(({ hook }) => !hook);
  const base = chains.filter(({ hook }) => hook);

  const skeleton = new Transaction(target);
  skeleton.makeTable();
  skeleton.makeSets(sets);
  skeleton.makeChains(regular);
  await cooperate(skeleton.fill(regular));
  yield skeleton;

  const rest = elements[Symbol.iterator]();
  for (let isDone = false; !isDone; ) {
    const part = new Transaction(target);
    isDone = await cooperate(fill(part, rest, LOAD_BYTES));
    yield part;
  }

  const switchOver = new Transaction(target);
  switchOver.makeChains(base);
  switchOver.empty(base.map(({ name }) => name));
  await cooperate(switchOver.fill(base));
  yield switchOver;
  yield* sweep(target, removes);
}

/**
 * What another proxy left, after its last rule was taken away. Chains by themselves: before Linux 6.2 they count as used until the
 * transaction that deletes what leads to them is over (see kube-proxy's deletion of stale chains).
 */
function* sweep(
  target: Target,
  { chains, sets }: NftablesChangeSet['removes'],
): Generator<Transaction, void> {
  const emptying = new Transaction(target);
  emptying.empty(chains);
  emptying.removeSets(sets);
  yield emptying;
  yield removalOf(target, chains);
}

/** Somebody may have made the table dormant. Where not, the kernel has nothing to do. */
function awakening(target: Target): Transaction {
  const transaction = new Transaction(target);
  transaction.wakeTable();
  return transaction;
}

function removalOf(target: Target, chains: readonly string[]): Transaction {
  const transaction = new Transaction(target);
  transaction.removeChains(chains);
  return transaction;
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
