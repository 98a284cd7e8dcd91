// Figures as a table that reads well on a terminal and is Markdown too.
import { type Figure, quantityText, verdictOf } from './figure.ts';

const HEADER = ['what', 'goal', 'measured', 'goal met', 'of what'];

export function table(figures: readonly Figure[]): string {
  const rows = [HEADER, ...figures.map(cells)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [header = [], ...body] = rows;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function cells(figure: Figure): string[] {
  const { what, measured, unit, detail } = figure;
  return [what, goalText(figure), quantityText(measured, unit), verdictOf(figure), detail];
}

function goalText({ atMost, atLeast, unit }: Figure): string {
  if (atMost !== undefined) return `≤ ${quantityText(atMost, unit)}`;
  return atLeast === undefined ? '' : `≥ ${quantityText(atLeast, unit)}`;
}
