import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { LoopLagMeter } from '../../../src/status/loop-lag.ts';

it('shows what held the event loop up, once', async () => {
  const meter = new LoopLagMeter();
  expect(meter.take()).toEqual({ p99Ms: 0, maxMs: 0 });
  await sleep(150);
  const end = performance.now() + 500;
  while (performance.now() < end);
  await sleep(150);
  expect(meter.take().maxMs).toBeGreaterThan(200);
  expect(meter.take().maxMs).toBeLessThan(200);
  meter.close();
});
