// The node's lock among the users of one fake node: first come, first served.
import type { AcquireNodeLock } from '../../src/system/node-lock.ts';

export class FakeNode {
  #isHeld = false;
  readonly #waiting: (() => void)[] = [];

  readonly acquireLock: AcquireNodeLock = async ({ signal, onWait }) => {
    if (this.#isHeld) onWait?.();
    while (this.#isHeld && !signal.aborted) await this.#changed(signal);
    if (signal.aborted) return undefined;
    this.#isHeld = true;
    let isReleased = false;
    return {
      fd: -1,
      release: () => {
        if (!isReleased) this.#release();
        isReleased = true;
      },
    };
  };

  #release(): void {
    this.#isHeld = false;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
