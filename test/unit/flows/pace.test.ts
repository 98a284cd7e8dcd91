import { expect, it } from 'vitest';
import { Pace } from '../../../src/flows/pace.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

const { signal } = new AbortController();

it('works for 2 ms and then rests four times as long', async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  const startMs = clock.nowMs();
  let endMs = 0;
  const work = async () => {
    for (let piece = 0; piece < 4; piece++) await pace.restAfter(1, signal);
    endMs = clock.nowMs();
  };
  void work();
  await clock.advance(100);
  expect(endMs - startMs).toBe(16);
});

it('does not rest when it is told to end', async () => {
  const clock = new FakeClock();
  await new Pace(clock).restAfter(1_000, AbortSignal.abort());
  expect(clock.pending).toBe(0);
});
