import { describe, expect, it } from 'vitest';
import { nextSyncAt } from '../../../src/sync/pacing.ts';

describe('nextSyncAt', () => {
  const last = { cause: 'changes', startedAtMs: 1_000, endedAtMs: 1_400 } as const;

  it('lets the first sync start at once', () => {
    expect(nextSyncAt({ minSyncPeriodMs: undefined }, undefined)).toBe(0);
  });

  it('keeps syncs to a fifth of the time when the operator set no period', () => {
    expect(nextSyncAt({ minSyncPeriodMs: undefined }, last)).toBe(1_400 + 4 * 400);
  });

  it('lets no change wait longer than five seconds', () => {
    expect(nextSyncAt({ minSyncPeriodMs: undefined }, { ...last, endedAtMs: 11_000 })).toBe(16_000);
  });

  it.each(['start', 'audit'] as const)('lets a change follow the %s at once', (cause) => {
    expect(nextSyncAt({ minSyncPeriodMs: undefined }, { ...last, cause })).toBe(1_400);
  });

  it('rests after a repair too, since there may be somebody who damages the rules for ever', () => {
    expect(nextSyncAt({ minSyncPeriodMs: undefined }, { ...last, cause: 'tampering' })).toBe(3_000);
  });

  it('honours the period that the operator set, from start to start', () => {
    expect(nextSyncAt({ minSyncPeriodMs: 1_000 }, last)).toBe(2_000);
  });

  it('never overlaps syncs, however short the period', () => {
    expect(nextSyncAt({ minSyncPeriodMs: 10 }, last)).toBe(1_400);
  });
});
