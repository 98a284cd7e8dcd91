// Random numbers that are the same in every run: a figure that cannot be measured twice says nothing.

export interface Random {
  /** In [0, 1). */
  readonly next: () => number;
  /** An integer in [0, below). */
  readonly below: (limit: number) => number;
  /** True with this probability. */
  readonly chance: (probability: number) => boolean;
  /** Normally distributed around 0 with a standard deviation of 1 (Box and Muller). */
  readonly normal: () => number;
}

/** mulberry32: 32 bits of state, good enough for drawing addresses. */
export function seededRandom(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    chance: (probability) => next() < probability,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/** A drawer of integers in [0, below) that never draws one twice. Throws when none is left. */
export function distinct(random: Random, limit: number): () => number {
  const drawn = new Set<number>();
  return () => {
    if (drawn.size === limit) throw new Error(`all ${limit} are drawn`);
    let value = random.below(limit);
    while (drawn.has(value)) value = (value + 1) % limit;
    drawn.add(value);
    return value;
  };
}
