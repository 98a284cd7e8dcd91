// Two things measured in turn, so that whatever else the machine does meanwhile hits both alike.
import { median } from './statistics.ts';

/** Does the thing once and returns how long the part of it that counts took, in milliseconds. */
export type Timed = (round: number) => Promise<number>;

export interface Comparison {
  readonly rounds: number;
  readonly oursMs: number;
  readonly theirsMs: number;
  /** The median of the ratios of neighbouring measurements. */
  readonly ratio: number;
}

/** Who comes first changes from round to round. */
export async function alternate(rounds: number, ours: Timed, theirs: Timed): Promise<Comparison> {
  const pairs: { readonly oursMs: number; readonly theirsMs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const isOursFirst = round % 2 === 0;
    const firstMs = await (isOursFirst ? ours : theirs)(round);
    const secondMs = await (isOursFirst ? theirs : ours)(round);
    pairs.push(
      isOursFirst ? { oursMs: firstMs, theirsMs: secondMs } : { oursMs: secondMs, theirsMs: firstMs },
    );
  }
  return {
    rounds,
    oursMs: median(pairs.map(({ oursMs }) => oursMs)),
    theirsMs: median(pairs.map(({ theirsMs }) => theirsMs)),
    ratio: median(pairs.map(({ oursMs, theirsMs }) => oursMs / theirsMs)),
  };
}

export async function elapsedMs(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}
