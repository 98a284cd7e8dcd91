// The test of evenness must fail for a choice that is not even: tables of the chi-square distribution, and counts of both kinds.
import { describe, expect, it } from 'vitest';
import { unevenness } from '../../bench/parts/chi-square.ts';
import { seededRandom } from '../../bench/populations/random.ts';

describe('unevenness', () => {
  it('is 0 for equal counts', () => {
    expect(unevenness([100, 100, 100])).toBe(0);
  });

  // From tables of the distribution. Two counts that differ by d from 1,000 make the statistic d² / 500.
  it.each([
    [3, 9.21],
    [10, 21.67],
    [251, 304.94],
  ])('is 1 at the upper 1 %% point with %i outcomes', (outcomes, point) => {
    const counts = Array.from({ length: outcomes }, () => 1_000);
    const off = Math.sqrt(point * 500);
    counts[0] = 1_000 + off;
    counts[1] = 1_000 - off;
    expect(unevenness(counts)).toBeCloseTo(1, 1);
  });

  it('is below 1 for an even choice, and above it when one outcome is a tenth more likely', () => {
    const random = seededRandom(3);
    const choices = Array.from({ length: 100_000 }, () => random.below(10));
    const counts = Array.from({ length: 10 }, (_, i) => choices.filter((choice) => choice === i).length);
    expect(unevenness(counts)).toBeLessThan(1);
    expect(unevenness(counts.map((count, i) => (i === 0 ? count * 1.1 : count)))).toBeGreaterThan(1);
  });
});
