// Durations as Go writes them: `30s`, `1h15m`, `1.5s`, `100us`.

/** In milliseconds, fractions included, so that every use names its unit: `minSyncPeriod.ms`. */
export interface Duration {
  readonly ms: number;
}

const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  // The micro sign and the Greek letter, as Go has it.
  ['\u00b5s', 1e-3],
  ['\u03bcs', 1e-3],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

const WHOLE = /^([-+]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/;
const PARTS = /(\d+\.?\d*|\.\d+)([a-z\u00b5\u03bc]+)/g;
/** Go counts nanoseconds in 63 bits: 292 years. */
const MAX_MS = 2 ** 63 / 1e6;

/** Reads what Go's time.ParseDuration reads; undefined for everything else. */
export function parseDuration(text: string): Duration | undefined {
  // The only number that needs no unit.
  if (/^[-+]?0$/.test(text)) return { ms: 0 };
  const [, sign, parts] = WHOLE.exec(text) ?? [];
  if (parts === undefined) return undefined;
  let ms = 0;
  for (const [, amount, unit = ''] of parts.matchAll(PARTS))
    ms += Number(amount) * (MS_PER_UNIT.get(unit) ?? NaN);
  return ms < MAX_MS ? { ms: sign === '-' ? -ms : ms } : undefined;
}
