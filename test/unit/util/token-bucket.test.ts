import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RateLimit, TokenBucket } from '../../../src/util/token-bucket.ts';

/** When each of `count` goes that all wait from the start on. */
function times(limit: RateLimit, count: number): number[] {
  const bucket = new TokenBucket(limit);
  let nowMs = 0;
  return Array.from({ length: count }, () => {
    nowMs = Math.max(nowMs, bucket.nextAtMs);
    bucket.take(nowMs);
    return nowMs;
  });
}

describe('TokenBucket', () => {
  it('lets a burst through, and then a steady stream', () => {
    expect(times({ perSecond: 5, burst: 3 }, 6)).toEqual([0, 0, 0, 200, 400, 600]);
  });

  it('holds nothing up without a rate', () => {
    expect(times({ perSecond: -1, burst: 1 }, 4)).toEqual([0, 0, 0, 0]);
  });

  it('never lets more through in any time than the rate and one burst', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 50 });
    const limit = fc.record({
      perSecond: fc.integer({ min: 1, max: 100 }),
      burst: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(limit, waits, (limit, waits) => {
        const bucket = new TokenBucket(limit);
        let nowMs = 0;
        const sent = waits.map((waitMs) => {
          nowMs = Math.max(nowMs + waitMs, bucket.nextAtMs);
          bucket.take(nowMs);
          return nowMs;
        });
        for (const [i, fromMs] of sent.entries())
          for (const [n, toMs] of sent.slice(i).entries())
            expect(n + 1).toBeLessThanOrEqual(
              limit.burst + ((toMs - fromMs) * limit.perSecond) / 1_000 + 1e-6,
            );
      }),
    );
  });
});
