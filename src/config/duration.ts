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

/** As Go's Duration.String writes it: `24h0m0s`, `1.5s`, `100ms`, `0s`. */
export function formatDuration({ ms }: Duration): string {
  const sign = ms < 0 ? '-' : '';
  const ns = Math.round(Math.abs(ms) * 1e6);
  if (ns === 0) return '0s';
  if (ns < NS_PER_SECOND) return sign + belowOneSecond(ns);
  const [minutes, seconds] = [
    Math.floor(ns / NS_PER_SECOND / 60),
    (ns % (60 * NS_PER_SECOND)) / NS_PER_SECOND,
  ];
  const hours = Math.floor(minutes / 60);
  const longer = hours > 0 ? `${hours}h${minutes % 60}m` : minutes > 0 ? `${minutes}m` : '';
  return `${sign}${longer}${seconds}s`;
}

const NS_PER_SECOND = 1e9;

function belowOneSecond(ns: number): string {
  if (ns >= 1e6) return `${ns / 1e6}ms`;
  return ns >= 1e3 ? `${ns / 1e3}\u00b5s` : `${ns}ns`;
}
