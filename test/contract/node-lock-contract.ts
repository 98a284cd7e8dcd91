// What the lock of a node promises, held against the real one, with a process for each contender, and the fake one.
import { afterEach, describe, expect, it } from 'vitest';

/** Somebody who wants the lock from the moment in which it is made. */
export interface LockContender {
  /** Resolves when it has to wait. */
  readonly waits: Promise<void>;
  /** Resolves to true when it has the lock, to false when it gave up. */
  readonly holds: Promise<boolean>;
  giveUp(): void;
  release(): void;
}

export function describeNodeLock(name: string, createNode: () => () => LockContender): void {
  describe(`the node lock of ${name}`, () => {
    const contenders: LockContender[] = [];
    const startOn = (node: () => LockContender): LockContender => {
      const contender = node();
      contenders.push(contender);
      return contender;
    };
    afterEach(() => {
      for (const contender of contenders.splice(0)) contender.release();
    });

    it('goes to the first, and to the next when it is released', async () => {
      const node = createNode();
      const first = startOn(node);
      expect(await first.holds).toBe(true);
      const second = startOn(node);
      await second.waits;
      first.release();
      expect(await second.holds).toBe(true);
    });

    it('goes to one of those who wait, then to the other', async () => {
      const node = createNode();
      const first = startOn(node);
      await first.holds;
      const [second, third] = [startOn(node), startOn(node)];
      await Promise.all([second.waits, third.waits]);
      first.release();
      const winner = await Promise.race([second.holds.then(() => second), third.holds.then(() => third)]);
      winner.release();
      const other = winner === second ? third : second;
      expect(await other.holds).toBe(true);
    });

    it('is waited for no longer by who gives up', async () => {
      const node = createNode();
      await startOn(node).holds;
      const second = startOn(node);
      await second.waits;
      second.giveUp();
      expect(await second.holds).toBe(false);
    });

    it('of one node is not that of another', async () => {
      expect(await startOn(createNode()).holds).toBe(true);
      expect(await startOn(createNode()).holds).toBe(true);
    });
  });
}
