// Ends the daemon so that it is started again: when something changed that is decided once, at the start.
import type { BaseLogger } from 'pino';

/** Says why, in a constant sentence with fields, and ends. Only the first call says something. */
export type Restart = (reason: string, fields: object) => void;

export interface Life {
  /** Aborts when the daemon is told to end, and when it wants a restart. */
  readonly signal: AbortSignal;
  readonly restart: Restart;
  wantsRestart(): boolean;
}

/** `stop` aborts when the daemon is told to end. */
export function createLife(stop: AbortSignal, log: Pick<BaseLogger, 'error'>): Life {
  const restarting = new AbortController();
  const signal = AbortSignal.any([stop, restarting.signal]);
  return {
    signal,
    restart: (reason, fields) => {
      if (signal.aborted) return;
      log.error(fields, `${reason}: ending, to be started again`);
      restarting.abort();
    },
    wantsRestart: () => restarting.signal.aborted,
  };
}
