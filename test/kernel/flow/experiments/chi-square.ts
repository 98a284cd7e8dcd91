// Pearson's test of whether counts are those of equally likely outcomes.

/** The statistic: 0 for equal counts. */
export function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** The upper 1e-6 point of the standard normal distribution: a false alarm in a million tests. */
const Z = 4.753;

/** What the statistic stays below but once in a million times (Wilson and Hilferty's approximation). */
export function chiSquareLimit(degreesOfFreedom: number): number {
  const variance = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - variance + Z * Math.sqrt(variance)) ** 3;
}
