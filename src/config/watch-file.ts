// Notices that a file has another content, however that came about: written in place, renamed over, or, as in a ConfigMap volume,
// by a symlink in its directory that leads elsewhere. The directory is watched, because a watch of the file itself stays with the
// old one; and the file is read again now and then, for what no watch tells (a link into another directory, no watches left).
import { readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../util/clock.ts';

export interface FileWatchOptions {
  readonly file: string;
  readonly clock: Clock;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Called with each content that differs from the last one; the first is the one at the start. Not while it cannot be read. */
  readonly onContent: (text: string) => void;
  /** The directory cannot be watched: changes are found by reading only. */
  readonly onError: (error: unknown) => void;
}

/** A volume is updated by several steps, and an editor writes in several: look when they are done. */
const SETTLE_MS = 200;
const REREAD_MS = 10_000;

export function watchFile({ file, clock, signal, onContent, onError }: FileWatchOptions): void {
  let last: string | undefined;
  let cancel = () => {};
  const lookIn = (delayMs: number) => {
    cancel();
    cancel = clock.after(delayMs, look);
  };
  const look = () => {
    lookIn(REREAD_MS);
    const text = readOrNothing(file);
    if (text === undefined || text === last) return;
    last = text;
    onContent(text);
  };
  try {
    const watcher = watch(dirname(file), { signal, persistent: false }, () => lookIn(SETTLE_MS));
    watcher.on('error', onError);
  } catch (error) {
    onError(error);
  }
  look();
  signal.addEventListener('abort', () => cancel(), { once: true });
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // between two steps of an update there may be none
  }
}
