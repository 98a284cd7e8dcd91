// Values of flags as pflag reads them (strconv, StringSlice, MapStringBool), into what a file would hold. A text that makes no
// sense is handed on as it is, for the schema to refuse.

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** strconv.ParseBool. */
export function boolFromText(text: string): boolean | string {
  return TRUE.has(text) || (FALSE.has(text) ? false : text);
}

/** strconv.ParseInt with base 0, but for octal and `_`. */
export function integerFromText(text: string): number | string {
  return /^([-+]?\d+|0[xX][\da-fA-F]+)$/.test(text) ? Number(text) : text;
}

export function numberFromText(text: string): number | string {
  return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}

/** Each flag has items with commas between them; several flags add up. */
export function itemsFromTexts(texts: readonly string[]): string[] {
  return texts.flatMap((text) => (text === '' ? [] : text.split(',')));
}

/** `A=true,B=false`. */
export function entriesFromTexts<T>(
  texts: readonly string[],
  valueFromText: (text: string) => T,
): [string, T][] {
  return itemsFromTexts(texts).map((item) => {
    const equals = item.indexOf('=');
    const name = equals < 0 ? item : item.slice(0, equals);
    return [name.trim(), valueFromText(equals < 0 ? '' : item.slice(equals + 1).trim())];
  });
}
