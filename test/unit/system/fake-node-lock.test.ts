// The fake node lock keeps the real one's promises.
import { systemClock } from '../../../src/util/clock.ts';
import { describeNodeLock } from '../../contract/node-lock-contract.ts';
import { FakeNode } from '../../fakes/fake-node-lock.ts';

describeNodeLock('the fake', () => {
  const node = new FakeNode();
  return () => {
    const end = new AbortController();
    const waits = Promise.withResolvers<void>();
    const lock = node.acquireLock({ clock: systemClock, signal: end.signal, onWait: waits.resolve });
    return {
      waits: waits.promise,
      holds: lock.then((held) => held !== undefined),
      giveUp: () => end.abort(),
      release: () => void lock.then((held) => held?.release()),
    };
  };
});
