import { describe, expect, it } from 'vitest';
import type { ServicePortKey } from '../../../src/model/names.ts';
import { afterSync, dueForRetry, nextRetryAt } from '../../../src/sync/set-aside.ts';

const a = 'ns/a/TCP' as ServicePortKey;
const b = 'ns/b/TCP' as ServicePortKey;
const refuse = (...keys: ServicePortKey[]) => new Map(keys.map((key) => [key, 'bad rule']));

describe('set-aside', () => {
  it('keeps what was refused, with the reason and since when', () => {
    const table = afterSync(new Map(), [a, b], refuse(a), { nowMs: 1_000, random: 0 });
    expect([...table.values()]).toEqual([
      { key: a, reason: 'bad rule', sinceMs: 1_000, failures: 1, nextTryMs: 6_000 },
    ]);
  });

  it('lets go what was tried and not refused', () => {
    const before = afterSync(new Map(), [a, b], refuse(a, b), { nowMs: 0, random: 0 });
    const after = afterSync(before, [a], refuse(), { nowMs: 10, random: 0 });
    expect([...after.keys()]).toEqual([b]);
  });

  it('waits longer after each failure, up to five minutes', () => {
    let table = afterSync(new Map(), [a], refuse(a), { nowMs: 0, random: 0 });
    const waits = Array.from({ length: 9 }, () => {
      table = afterSync(table, [a], refuse(a), { nowMs: 0, random: 0 });
      return nextRetryAt(table);
    });
    expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300, 300, 300].map((s) => s * 1_000));
    expect(table.get(a)?.sinceMs).toBe(0);
  });

  it('knows what is due and when the next one is', () => {
    const table = afterSync(new Map(), [a], refuse(a), { nowMs: 0, random: 0 });
    expect(dueForRetry(table, 4_999)).toEqual([]);
    expect(dueForRetry(table, 5_000)).toEqual([a]);
    expect(nextRetryAt(new Map())).toBeUndefined();
  });
});
