import { describe, expect, it } from 'vitest';
import { type Cooperative, cooperate } from '../../../src/util/cooperate.ts';

describe('cooperate', () => {
  it('gives the event loop turns during a long computation', async () => {
    expect(await turnsDuring(() => cooperate(busyFor(60), 5))).toBeGreaterThanOrEqual(5);
  });

  it('gives it turns during many short computations, too, but not with each', async () => {
    const turns = await turnsDuring(async () => {
      for (let i = 0; i < 600; i++) await cooperate(busyFor(0.1), 5);
    });
    expect(turns).toBeGreaterThanOrEqual(5);
    expect(turns).toBeLessThan(300);
  });

  it('answers what the computation does', async () => {
    expect(await cooperate(busyFor(0))).toBe('done');
  });
});

function* busyFor(ms: number): Cooperative<string> {
  const end = performance.now() + ms;
  while (performance.now() < end) yield;
  return 'done';
}

/** How often the event loop came round. */
async function turnsDuring(task: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let immediate: NodeJS.Immediate;
  const count = () => {
    turns++;
    immediate = setImmediate(count);
  };
  immediate = setImmediate(count);
  await task();
  clearImmediate(immediate);
  return turns;
}
