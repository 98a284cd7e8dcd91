import { describe, expect, it } from 'vitest';
import type { SyncCause } from '../../../src/status/snapshot.ts';
import { type Budget, budgetAfter, FULL_BUDGET, nextSyncAt } from '../../../src/sync/pacing.ts';

const ADAPTIVE = { minSyncPeriodMs: undefined };

describe('pacing', () => {
  const last = { cause: 'changes', startedAtMs: 1_000, endedAtMs: 1_400 } as const;

  it('keeps syncs to a fifth of the time when the operator set no period', () => {
    const starts = startsOf({ syncMs: 400, count: 20 });
    const perSecond = 19 / ((Number(starts.at(-1)) - Number(starts[0])) / 1_000);
    expect(perSecond * 400).toBeLessThan(210);
    expect(perSecond * 400).toBeGreaterThan(190);
  });

  it('has small syncs follow each other at once after a quiet time', () => {
    const [first = 0, second] = startsOf({ syncMs: 3, count: 2 });
    expect(second).toBe(first + 3);
  });

  it('puts what arrives under a burst together, however little a sync takes', () => {
    const starts = startsOf({ syncMs: 0.5, count: 1_000 });
    const lastGaps = starts.slice(-10).map((start, i, all) => start - (all[i - 1] ?? start - 35));
    for (const gap of lastGaps) expect(gap).toBeCloseTo(35, 3);
  });

  it('lets no change wait longer than five seconds', () => {
    const long = { ...last, endedAtMs: 11_000 };
    expect(nextSyncAt(ADAPTIVE, long, budgetAfter(FULL_BUDGET, long))).toBe(16_000);
  });

  it.each(['start', 'audit'] as const)('lets a change follow the %s at once', (cause) => {
    const free = { ...last, cause };
    expect(nextSyncAt(ADAPTIVE, free, budgetAfter({ creditMs: 0, atMs: 1_400 }, free))).toBe(1_400);
  });

  it('rests after a repair too, since there may be somebody who damages the rules for ever', () => {
    const repair = { ...last, cause: 'tampering' } as const;
    expect(nextSyncAt(ADAPTIVE, repair, budgetAfter(FULL_BUDGET, repair))).toBeGreaterThan(2_500);
  });

  it('honours the period that the operator set, from start to start', () => {
    expect(nextSyncAt({ minSyncPeriodMs: 1_000 }, last, FULL_BUDGET)).toBe(2_000);
  });

  it('never overlaps syncs, however short the period', () => {
    expect(nextSyncAt({ minSyncPeriodMs: 10 }, last, FULL_BUDGET)).toBe(1_400);
  });
});

/** When syncs start that always have something to do. */
function startsOf({ syncMs, count }: { readonly syncMs: number; readonly count: number }): number[] {
  const cause: SyncCause = 'changes';
  const starts: number[] = [];
  let budget: Budget = FULL_BUDGET;
  for (let atMs = 10_000; starts.length < count; ) {
    starts.push(atMs);
    const sync = { cause, startedAtMs: atMs, endedAtMs: atMs + syncMs };
    budget = budgetAfter(budget, sync);
    atMs = nextSyncAt(ADAPTIVE, sync, budget);
  }
  return starts;
}
