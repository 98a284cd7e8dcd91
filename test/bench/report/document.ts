// Puts the figures into docs/performance.md, between two markers; the words around them are people's.
import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- figures: begin (written by npm run bench) -->';
const END = '<!-- figures: end -->';

/** Makes the new figures of the text that stood in their place. */
type FiguresAfter = (former: string) => string;

export function writeFigures(path: string, figuresAfter: FiguresAfter): void {
  writeFileSync(path, withFigures(readFileSync(path, 'utf8'), figuresAfter));
}

/** Throws when the document has lost its markers. */
export function withFigures(document: string, figuresAfter: FiguresAfter): string {
  const begin = document.indexOf(BEGIN) + BEGIN.length;
  const end = document.indexOf(END);
  if (!document.includes(BEGIN) || end < begin) throw new Error('the document has no place for figures');
  return `${document.slice(0, begin)}\n${figuresAfter(document.slice(begin, end))}\n${document.slice(end)}`;
}
