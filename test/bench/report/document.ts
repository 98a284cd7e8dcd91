// Puts the figures into docs/performance.md, between two markers; the words around them are people's.
import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- figures: begin (written by npm run bench) -->';
const END = '<!-- figures: end -->';

/** Throws when the document has lost its markers. */
export function writeFigures(path: string, figures: string): void {
  const text = readFileSync(path, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path} has no place for figures`);
  writeFileSync(path, `${text.slice(0, begin + BEGIN.length)}\n${figures}\n${text.slice(end)}`);
}
