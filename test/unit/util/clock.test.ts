import { describe, expect, it } from 'vitest';
import { sleep } from '../../../src/util/clock.ts';
import { FakeClock, settle } from '../../fakes/fake-clock.ts';

describe('sleep', () => {
  it('ends after its time and not before', async () => {
    const clock = new FakeClock();
    let isOver = false;
    void sleep(clock, 100, new AbortController().signal).then(() => {
      isOver = true;
    });
    await clock.advance(99);
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect(isOver).toBe(true);
  });

  it('ends at once when the signal aborts, and leaves no timer', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleeping = sleep(clock, 100, controller.signal);
    controller.abort();
    await sleeping;
    await sleep(clock, 100, controller.signal);
    expect(clock.pending).toBe(0);
  });
});

describe('FakeClock', () => {
  it('fires timers in the order of their times, those set meanwhile included', async () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    clock.after(30, () => fired.push('30'));
    clock.after(10, () => {
      fired.push('10');
      clock.after(10, () => fired.push('20'));
    });
    const cancel = clock.after(15, () => fired.push('cancelled'));
    cancel();
    await clock.advance(30);
    await settle();
    expect(fired).toEqual(['10', '20', '30']);
  });
});
