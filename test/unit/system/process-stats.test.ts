import { expect, it } from 'vitest';
import { readProcessStats } from '../../../src/system/process-stats.ts';

it('says what Linux knows of this process', () => {
  const stats = readProcessStats();
  const numbers = Object.fromEntries(Object.entries(stats).map(([name, value]) => [name, typeof value]));
  expect(new Set(Object.values(numbers)), JSON.stringify(numbers)).toEqual(new Set(['number']));
  expect(stats.cpuSeconds).toBeGreaterThan(0);
  expect(stats.residentBytes).toBeGreaterThan(10_000_000);
  expect(stats.virtualBytes).toBeGreaterThan(stats.residentBytes);
  expect(stats.openFiles).toBeGreaterThan(2);
  expect(Date.now() - stats.startedAtMs).toBeGreaterThan(0);
});
