// What makes two elements with one key the same or different.
import type { Element } from './element.ts';

/** What belongs to the key: the end of its range, or its value; empty text for an element of a plain set. */
export function contentOf({ keyEnd, value }: Element): string {
  return keyEnd ?? value ?? '';
}
