import { expect, it } from 'vitest';
import { goTime } from '../../../src/status/go-time.ts';

it.each([
  [Date.UTC(2026, 10, 21, 10, 55, 13, 730), '2026-11-21T10:55:13.73Z'],
  [Date.UTC(2026, 10, 21, 10, 50, 10, 0), '2026-11-21T10:50:10Z'],
  [Date.UTC(2026, 10, 21, 0, 0, 0, 1), '2026-11-21T00:00:00.001Z'],
  [undefined, '0001-01-01T00:00:00Z'],
])('%s is %s', (ms, text) => {
  expect(goTime(ms)).toBe(text);
});
