// Pearson's test of whether counts are those of equally likely outcomes, at the level of one per cent.

/** The upper 1 % point of the standard normal distribution. */
const Z = 2.326;

/** The statistic divided by what it stays below in 99 of 100 tests of equally likely outcomes: at most 1 passes. */
export function unevenness(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return statistic / limit(counts.length - 1);
}

/** Wilson and Hilferty's approximation of the upper 1 % point of the chi-square distribution. */
function limit(degreesOfFreedom: number): number {
  const variance = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - variance + Z * Math.sqrt(variance)) ** 3;
}
