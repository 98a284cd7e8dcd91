import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../src/config/duration.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['-0', -0],
    ['30s', 30_000],
    ['1h15m30.918s', 4_530_918],
    ['.5s', 500],
    ['5.s', 5_000],
    ['100us', 0.1],
    ['100µs', 0.1],
    ['100μs', 0.1],
    ['250ns', 0.00025],
    ['-1.5h', -5_400_000],
    ['+5m', 300_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)?.ms).toBeCloseTo(ms, 9);
  });

  it.each([
    '',
    '30',
    's',
    '.s',
    '1d',
    '1s ',
    ' 1s',
    '1 s',
    '--1s',
    '1m-1s',
    '3000000h',
    '1e3s',
    '-',
    'infinity',
  ])('does not read "%s"', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('adds up its parts', () => {
    const units = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
    const part = fc.tuple(fc.nat(1_000), fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = parts.map(([amount, unit]) => `${amount}${unit}`).join('');
        const ms = parts.reduce((sum, [amount, unit]) => sum + amount * units[unit], 0);
        expect(parseDuration(text)).toEqual({ ms });
      }),
    );
  });
});
