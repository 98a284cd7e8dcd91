// When the mode was changed, what the other one left: removed once the rules of this one serve in every family, so that no
// connection falls between.
import type { Logger } from '../log/logger.ts';
import type { IpFamily } from '../model/ip.ts';
import type { SyncObserver } from '../sync/observer.ts';
import { type Clock, sleep } from '../util/clock.ts';
import type { Writer } from './single-writer.ts';

/** What came of removing. */
export interface Removal {
  /** How much was removed, for the log; all zeros: nothing was there. */
  readonly removed: Readonly<Record<string, number>>;
  /** Sentences: what is still there, and why. */
  readonly problems: readonly string[];
}

export interface OtherModeOptions {
  /** Those that the node has. */
  readonly families: readonly IpFamily[];
  /** May be called again after a problem. */
  readonly remove: (signal: AbortSignal) => Promise<Removal>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'notice' | 'warn'>;
}

export type OtherMode = Writer & Pick<SyncObserver, 'onSync'>;

/** What is left does no harm, and starting a program stops a large process for some 10 ms: the start has other work until then. */
const REST_MS = 1_000;

/** A lock that somebody holds is free again by then; what a rule of others keeps, stays. */
const RETRY_MS = 60_000;
const MAX_TRIES = 5;

export function createOtherMode({ families, remove, clock, log }: OtherModeOptions): OtherMode {
  const waitingFor = new Set(families);
  const replaced = Promise.withResolvers<void>();
  return {
    onSync: (_, { family, isSynced }) => {
      if (isSynced) waitingFor.delete(family);
      if (waitingFor.size === 0) replaced.resolve();
    },
    run: async (signal) => {
      const ended = aborted(signal);
      await Promise.race([replaced.promise, ended]);
      await sleep(clock, REST_MS, signal);
      for (let tries = 1; tries <= MAX_TRIES && !signal.aborted; tries++) {
        // A program that takes long goes on without us; who comes next waits for the node's lock, which it holds.
        const removal = await Promise.race([remove(signal), ended]);
        if (!removal) return;
        tell(log, removal);
        if (removal.problems.length === 0) return;
        await sleep(clock, RETRY_MS, signal);
      }
    },
  };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function tell(log: OtherModeOptions['log'], { removed, problems }: Removal): void {
  if (Object.values(removed).some((count) => count > 0))
    log.notice(removed, 'removed what the other mode left on the node');
  for (const problem of problems) log.warn({ problem }, 'something of the other mode is still there');
}
