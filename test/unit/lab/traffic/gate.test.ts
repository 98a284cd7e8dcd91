import { describe, expect, it } from 'vitest';
import { Gate } from '../../../../src/lab/traffic/gate.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';

describe('a gate', () => {
  it('lets as many run as it has places, and the next when one has ended', async () => {
    const { clock, started, end } = runThree();
    await clock.advance(0);
    expect(started).toEqual([0, 1]);
    end(1);
    await clock.advance(0);
    expect(started).toEqual([0, 1, 2]);
  });

  it('gives the place of one that waits too long away, once', async () => {
    const { clock, started, end } = runThree();
    await clock.advance(99);
    expect(started).toEqual([0, 1]);
    await clock.advance(1);
    expect(started).toEqual([0, 1, 2]);
    end(0);
    end(1);
    await clock.advance(0);
    expect(started).toEqual([0, 1, 2]);
  });

  it('passes results and errors on', async () => {
    const gate = new Gate({ clock: new FakeClock(), places: 1, patienceMs: 100 });
    await expect(gate.run(async () => 'result')).resolves.toBe('result');
    await expect(gate.run(() => Promise.reject(new Error('why')))).rejects.toThrow('why');
    await expect(gate.run(async () => 'still open')).resolves.toBe('still open');
  });
});

function runThree() {
  const clock = new FakeClock();
  const gate = new Gate({ clock, places: 2, patienceMs: 100 });
  const started: number[] = [];
  const actions = [0, 1, 2].map((i) => {
    const ending = Promise.withResolvers<void>();
    void gate.run(() => {
      started.push(i);
      return ending.promise;
    });
    return ending;
  });
  return { clock, started, end: (i: number) => actions[i]?.resolve() };
}
