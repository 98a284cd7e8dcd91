// A line of the log as people read it, in the order of klog, so that what parses kube-proxy's lines parses these:
// I1121 15:04:05.123000       1 fairlead] "Synced rules" family="IPv4" elapsedMs=12

/** What pino writes: one JSON object, with `level`, `ts` in milliseconds, `msg` and the fields. */
interface LogRecord {
  readonly level: string;
  readonly ts: number;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** klog has no more letters: what is below a warning is I. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['fatal', 'F'],
  ['error', 'E'],
  ['warn', 'W'],
]);

/** One line, with its end, for one JSON line. Line ends in values are escaped; only a stack adds lines, which are indented. */
export function textLine(jsonLine: string): string {
  const { level, ts, msg = '', ...fields } = JSON.parse(jsonLine) as LogRecord;
  const head = `${LETTERS.get(level) ?? 'I'}${timeOf(ts)} ${String(process.pid).padStart(7)} fairlead]`;
  const values = Object.entries(fields).map(([name, value]) => ` ${name}=${valueText(value)}`);
  return `${head} ${JSON.stringify(msg)}${values.join('')}${stackOf(fields['err'])}\n`;
}

/** Month, day and time with microseconds, in local time as klog. */
function timeOf(ts: number): string {
  const date = new Date(ts);
  const two = (part: number): string => String(part).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${two(date.getMonth() + 1)}${two(date.getDate())} ${clock}.${String(date.getMilliseconds()).padStart(3, '0')}000`;
}

function valueText(value: unknown): string {
  return isError(value) ? JSON.stringify(value.message) : JSON.stringify(value);
}

function stackOf(error: unknown): string {
  return isError(error) && error.stack ? `\n${error.stack.replace(/^/gm, '    ')}` : '';
}

function isError(value: unknown): value is { readonly message: string; readonly stack?: string } {
  return typeof value === 'object' && value !== null && 'message' in value;
}
