// What the table says of a measurement and its goal.
import { describe, expect, it } from 'vitest';
import { type Figure, verdictOf } from '../../bench/report/figure.ts';
import { table } from '../../bench/report/table.ts';

const figure: Figure = { what: 'it', measured: 30, unit: 'ratio', detail: '' };

describe('a figure', () => {
  it.each([
    [{}, '', ''],
    [{ atMost: 29 }, 'MISSED', '≤ 29.00'],
    [{ atMost: 30 }, 'met', '≤ 30.00'],
    [{ atLeast: 30 }, 'met', '≥ 30.00'],
    [{ atLeast: 500 }, 'MISSED', '≥ 500'],
  ])('with the goal %j says "%s"', (goal, verdict, text) => {
    expect(verdictOf({ ...figure, ...goal })).toBe(verdict);
    expect(table([{ ...figure, ...goal }])).toContain(`| ${text}`);
  });
});
