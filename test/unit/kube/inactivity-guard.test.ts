import { describe, expect, it } from 'vitest';
import { SilenceError, withoutSilence } from '../../../src/kube/inactivity-guard.ts';
import { sleep } from '../../../src/util/clock.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { untilAborted } from '../../fakes/scripted-api.ts';

const NEVER = new AbortController().signal;

describe('withoutSilence', () => {
  it('throws when the source is silent for too long, and not before', async () => {
    const { clock, seen, failure } = start({ itemsAtMs: [0, 90, 180], limitMs: () => 100 });
    await clock.advance(279);
    expect({ seen, error: failure() }).toEqual({ seen: [0, 90, 180], error: undefined });
    await clock.advance(1);
    expect(failure()).toBeInstanceOf(SilenceError);
    expect(clock.pending).toBe(0);
  });

  it('follows a limit that grows and one that shrinks', async () => {
    const growing = start({ itemsAtMs: [0], limitMs: limits(100, 500) });
    const shrinking = start({ itemsAtMs: [0], limitMs: limits(500, 100) });
    for (const { clock } of [growing, shrinking]) await clock.advance(300);
    expect(growing.failure()).toBeUndefined();
    expect(shrinking.failure()).toBeInstanceOf(SilenceError);
  });

  it('ends the source when the consumer leaves', async () => {
    const clock = new FakeClock();
    let sourceSignal: AbortSignal = NEVER;
    const source = async function* (signal: AbortSignal) {
      sourceSignal = signal;
      yield 1;
      await untilAborted(signal);
    };
    for await (const _ of withoutSilence(source, { clock, signal: NEVER, limitMs: () => 100 })) break;
    expect({ isAborted: sourceSignal.aborted, timers: clock.pending }).toEqual({
      isAborted: true,
      timers: 0,
    });
  });
});

interface Start {
  readonly itemsAtMs: readonly number[];
  readonly limitMs: () => number;
}

function start({ itemsAtMs, limitMs }: Start) {
  const clock = new FakeClock();
  const startMs = clock.nowMs();
  const seen: number[] = [];
  let error: unknown;
  const source = async function* (signal: AbortSignal) {
    for (const atMs of itemsAtMs) {
      await sleep(clock, startMs + atMs - clock.nowMs(), signal);
      yield atMs;
    }
    await untilAborted(signal);
  };
  const consume = async () => {
    for await (const item of withoutSilence(source, { clock, signal: NEVER, limitMs })) seen.push(item);
  };
  consume().catch((thrown) => {
    error = thrown;
  });
  return { clock, seen, failure: () => error };
}

function limits(...values: number[]): () => number {
  return () => (values.length > 1 ? values.shift() : values[0]) ?? 0;
}
