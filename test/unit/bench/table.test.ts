// What a run leaves of the figures that stood in docs/performance.md: a run of single rows must not touch the others.
import { describe, expect, it } from 'vitest';
import { withFigures } from '../../bench/report/document.ts';
import type { Figure } from '../../bench/report/figure.ts';
import { mergedTable, table } from '../../bench/report/table.ts';

const figure = (what: string, measured: number): Figure => ({
  ...{ what, measured, unit: 'ms', atMost: 50 },
  detail: `${measured} ms in all`,
});

const [start, rest, churn] = [figure('start', 10), figure('rest', 20), figure('churn', 30)];
const former = table([start, rest, churn]);

describe('a table merged with the figures of some rows', () => {
  it('is the table of all figures, with the measured ones in the place of the former', () => {
    const again = figure('rest', 60);
    expect(mergedTable(former, [again])).toBe(table([start, again, churn]));
  });

  it('ends with the new lines, in the order in which they were measured', () => {
    const [block, memory] = [figure('loop block', 1), figure('memory', 2)];
    expect(mergedTable(former, [block, start, memory])).toBe(table([start, rest, churn, block, memory]));
  });

  it('has columns as wide as its longest cells, whichever run they are of', () => {
    const long = figure('a change of one endpoint among very many', 1);
    expect(mergedTable(former, [long])).toBe(table([start, rest, churn, long]));
    expect(mergedTable(table([start, long]), [rest])).toBe(table([start, long, rest]));
  });

  it('keeps empty cells where there is no goal', () => {
    const free: Figure = { what: 'free', measured: 1, unit: 'ratio', detail: '' };
    expect(mergedTable(table([free, start]), [rest])).toBe(table([free, start, rest]));
  });

  it('reads nothing but the table of what stands around it', () => {
    const text = `\n2026-11-21, Linux 6.18, load 0.1 at the end.\n\n${former}\n`;
    expect(mergedTable(text, [rest])).toBe(former);
  });

  it('is the table of the new figures where there was none', () => {
    expect(mergedTable('\n', [start, rest])).toBe(table([start, rest]));
  });
});

describe('a document with figures', () => {
  const document = (figures: string) =>
    `# Title\n\n<!-- figures: begin (written by npm run bench) -->\n${figures}\n<!-- figures: end -->\n\n| mode |\n|---|\n`;

  it('has the new ones in the place of the former, and all other words as they were', () => {
    expect(withFigures(document('former'), () => 'new')).toBe(document('new'));
  });

  it('gives only what stands between its markers to be merged', () => {
    const merged = withFigures(document(former), (text) => mergedTable(text, [churn]));
    expect(merged).toBe(document(former));
  });

  it.each([
    ['no markers', '# Title\n'],
    ['no end', document('former').replace('figures: end', '')],
    ['no beginning', document('former').replace('figures: begin', '')],
    ['its end before its beginning', document('former').split('\n').reverse().join('\n')],
  ])('is refused with %s', (_, text) => {
    expect(() => withFigures(text, () => 'new')).toThrow('no place for figures');
  });
});
