// Tells whether somebody else changed what we wrote, by asking the kernel how much it has and taking away how much we have. What
// is left over stays the same through all of our own changes, so a difference is somebody else's.
import { type Cooperative, cooperate } from '../../util/cooperate.ts';
import type { KnownChains, TableTotals } from './known-chains.ts';
import type { Table } from './names.ts';

/** How a variant of the kernel counts. */
export interface RuleCounter {
  /** What the kernel counts in the table; undefined when a change got in the way. Throws when there is no table. */
  count(table: Table): Cooperative<number | undefined>;
  /** How much of the count these are. */
  countOf(totals: TableTotals): number;
  /** Whether there was a change, by whomever, since the last call. Where nobody can tell, true. */
  hasChanged(): boolean;
}

const TABLES = ['filter', 'nat'] as const;

/** What the kernel has beyond what is ours, in each table; undefined before the first look. */
type Others = readonly number[] | 'look again' | undefined;

export class TamperProbe {
  readonly #counter: RuleCounter;
  #others: Others;
  /** The last look was clear, so that no change since means no difference. */
  #isClear = false;

  constructor(counter: RuleCounter) {
    this.#counter = counter;
  }

  /**
   * The first call records what there is beside the chains, and so does the one that follows a difference. That one answers
   * false whatever it sees: of damage done during the repair nobody knows yet, and only of what is done from now on can a
   * later call tell.
   */
  async isUntouched(chains: KnownChains): Promise<boolean> {
    if (!this.#counter.hasChanged() && this.#isClear) return true;
    this.#isClear = false;
    const counts = await this.#counts();
    // Somebody is at it right now: the next call will see.
    if (counts === 'unclear') return true;
    const others = counts?.map((count, i) => count - this.#countOf(chains, i));
    const before = this.#others;
    this.#others = others && isAsBefore(others, before) ? others : 'look again';
    this.#isClear = this.#others !== 'look again' && before !== 'look again';
    return this.#isClear;
  }

  /** undefined when a table is gone, or cannot be asked: either way it has to be looked at. */
  async #counts(): Promise<readonly number[] | 'unclear' | undefined> {
    const counts: number[] = [];
    try {
      for (const table of TABLES) {
        const count = await cooperate(this.#counter.count(table));
        if (count === undefined) return 'unclear';
        counts.push(count);
      }
      return counts;
    } catch {
      return undefined;
    }
  }

  #countOf({ totals }: KnownChains, index: number): number {
    const table = TABLES[index];
    return table ? this.#counter.countOf(totals[table]) : 0;
  }
}

/** Where nothing is known there is nothing to differ from. */
function isAsBefore(others: readonly number[], before: Others): boolean {
  return typeof before !== 'object' || others.every((value, i) => value === before[i]);
}
