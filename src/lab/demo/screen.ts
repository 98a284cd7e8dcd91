// What the demo prints: plain lines, with colours where the terminal has them (util.styleText looks at it and NO_COLOR).
import { stripVTControlCharacters, styleText } from 'node:util';

export type Print = (line: string) => void;

export function heading(text: string): string {
  return `\n${styleText('bold', text)}`;
}

export function dim(text: string): string {
  return styleText('dim', text);
}

export function verdict(isRight: boolean): string {
  return isRight ? styleText('green', '✓') : styleText(['bold', 'red'], '✗ wrong');
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, width(cell));
    });
  }
  return rows.map((row) =>
    `  ${row.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - width(cell))).join('  ')}`.trimEnd(),
  );
}

/** A bar of at most `length` characters. */
export function bar(share: number, length: number): string {
  return '█'.repeat(Math.round(share * length));
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

function width(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
