// What an Accept header wants (RFC 9110, 12.5.1).

/** How much the best of the types that match is wanted, from 0 (not at all) to 1. */
export function qualityOf(accept: string, type: RegExp): number {
  const matching = accept
    .split(',')
    .map(parseWish)
    .filter((wish) => type.test(wish.type));
  return Math.max(0, ...matching.map(({ q }) => q));
}

function parseWish(item: string): { readonly type: string; readonly q: number } {
  const [type = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  const q = quality === undefined ? 1 : Number(quality.slice(2));
  return { type, q: Number.isFinite(q) ? q : 0 };
}
