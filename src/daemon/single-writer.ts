// One Fairlead writes to a node at a time: who holds the node's lock runs, and whatever it starts holds the lock with it.
import type { Logger } from '../log/logger.ts';
import { type Exec, exec } from '../system/exec.ts';
import { acquireNodeLock, type NodeLock } from '../system/node-lock.ts';
import { systemClock } from '../util/clock.ts';

export interface Writer {
  /** Ends when the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export class SingleWriter {
  #lock: NodeLock | undefined;

  /** A child may outlive a killed daemon: the next one must not read the rules before it has written. */
  readonly exec: Exec = (command) => exec({ ...command, holds: this.#lock?.fd });

  /** Waits for the lock, warm, so that a rollout hands over in an instant; then runs the writers. */
  async run(writers: readonly Writer[], log: Pick<Logger, 'info'>, signal: AbortSignal): Promise<void> {
    const onWait = () => log.info({}, 'waiting for another Fairlead on this node to end');
    this.#lock = await acquireNodeLock({ clock: systemClock, signal, onWait });
    try {
      await Promise.all(writers.map((writer) => writer.run(signal)));
    } finally {
      this.#lock?.release();
      this.#lock = undefined;
    }
  }
}
