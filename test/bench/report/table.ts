// Figures as a table that reads well on a terminal and is Markdown too.
import { type Figure, quantityText, verdictOf } from './figure.ts';

const HEADER = ['what', 'goal', 'measured', 'goal met', 'of what'];

type Line = readonly string[];

export function table(figures: readonly Figure[]): string {
  return tableText(figures.map(lineOf));
}

/** The table in `former` with the lines of these figures, known by their `what`, replaced in their place; new ones come last. */
export function mergedTable(former: string, figures: readonly Figure[]): string {
  const lines = [...linesIn(former), ...figures.map(lineOf)];
  return tableText([...new Map(lines.map((line) => [line[0], line])).values()]);
}

function tableText(lines: readonly Line[]): string {
  const widths = HEADER.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  const padded = (line: Line) => widths.map((width, column) => (line[column] ?? '').padEnd(width));
  return [HEADER, rule, ...lines].map((line) => `| ${padded(line).join(' | ')} |`).join('\n');
}

function linesIn(markdown: string): Line[] {
  const [_header, _rule, ...lines] = markdown.split('\n').filter((text) => text.startsWith('|'));
  return lines.map(cellsIn);
}

function cellsIn(line: string): Line {
  const [_before, ...cells] = line.split('|').map((cell) => cell.trim());
  return cells.slice(0, -1);
}

function lineOf(figure: Figure): Line {
  const { what, measured, unit, detail } = figure;
  return [what, goalText(figure), quantityText(measured, unit), verdictOf(figure), detail];
}

function goalText({ atMost, atLeast, unit }: Figure): string {
  if (atMost !== undefined) return `≤ ${quantityText(atMost, unit)}`;
  return atLeast === undefined ? '' : `≥ ${quantityText(atLeast, unit)}`;
}
