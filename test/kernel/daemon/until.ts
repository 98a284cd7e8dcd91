// Waits for what a daemon does in its own time.
import { setTimeout as sleep } from 'node:timers/promises';

const MAX_WAIT_MS = 30_000;

/** Rejects, naming what was waited for, when it does not come about. */
export async function until(what: string, condition: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`in vain: until ${what}`);
    await sleep(20);
  }
}
