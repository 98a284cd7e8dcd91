// The daemon's log: pino, on the calling thread, as JSON lines or as lines of text in klog's order.
import { destination, type Logger as PinoLogger, pino } from 'pino';
import { type Clock, systemClock } from '../util/clock.ts';
import { serializeError } from './serialize-error.ts';
import { textLine } from './text-line.ts';

/**
 * Messages are constant sentences, what varies goes into fields: `log.warn({ svc, err }, 'Cannot program a Service')`.
 * `notice` is for the few lines that every run shows: start, readiness, end.
 */
export type Logger = PinoLogger<'notice'>;

export interface LoggerOptions {
  readonly format: 'text' | 'json';
  /** As klog's -v, 0 and up. */
  readonly verbosity: number;
  readonly destination: LogDestination;
  readonly clock?: Clock;
}

/** Takes whole lines. */
export interface LogDestination {
  write(line: string): void;
  /** Returns when everything has been written. */
  flushSync(): void;
}

/** Between info (30) and warn (40). */
const NOTICE_LEVEL = 35;
/** Where a field could carry a secret in spite of everything, its value is replaced. */
const SECRET_FIELDS = ['token', 'password', 'authorization', 'Authorization'];

export function createLogger({ format, verbosity, destination, clock = systemClock }: LoggerOptions): Logger {
  const isVerbose = verbosity >= 4;
  return pino(
    {
      level: levelOf(verbosity),
      customLevels: { notice: NOTICE_LEVEL },
      base: null,
      timestamp: () => `,"ts":${clock.nowMs()}`,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: (error: unknown) => serializeError(error, { withStack: isVerbose }) },
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    },
    format === 'json' ? destination : { write: (line) => destination.write(textLine(line)) },
  );
}

/** Standard error, as klog: written without waiting, and flushed when the process exits. */
export function standardError(): LogDestination {
  return destination({ dest: 2, sync: false });
}

/**
 * klog's -v in levels: 0 and 1 show errors, warnings and notices; 2 and 3 what changes (info); 4 decisions (debug); 5 and
 * more everything (trace).
 */
export function levelOf(verbosity: number): 'notice' | 'info' | 'debug' | 'trace' {
  if (verbosity >= 5) return 'trace';
  if (verbosity >= 4) return 'debug';
  return verbosity >= 2 ? 'info' : 'notice';
}
