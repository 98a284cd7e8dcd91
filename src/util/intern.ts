// Keeps one copy of strings that come again and again: node names and zones appear in every endpoint.

/** Returns a string equal to the given one, the same object for all callers. */
export type Intern = (text: string) => string;

/** Node names, zones and namespaces of the largest clusters; beyond it the table starts anew, which only costs sharing. */
const MAX_STRINGS = 65_536;

export function createIntern(maxStrings = MAX_STRINGS): Intern {
  const known = new Map<string, string>();
  return (text) => {
    const shared = known.get(text);
    if (shared !== undefined) return shared;
    if (known.size >= maxStrings) known.clear();
    known.set(text, text);
    return text;
  };
}
