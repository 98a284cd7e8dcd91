import { describe, expect, it } from 'vitest';
import type { ApiWriter } from '../../../src/kube/api-client.ts';
import { errorFromAnswer } from '../../../src/kube/api-error.ts';
import type { EventNote } from '../../../src/kube/event-object.ts';
import { EventRecorder } from '../../../src/kube/event-recorder.ts';
import type { RateLimit } from '../../../src/util/token-bucket.ts';
import { FakeClock, settle } from '../../fakes/fake-clock.ts';
import { recordedAnswer } from '../../fakes/recorded-answers.ts';
import { untilAborted } from '../../fakes/scripted-api.ts';

const MINUTE_MS = 60_000;

const WEB: EventNote = {
  regarding: { kind: 'Service', namespace: 'shop', name: 'web', uid: 'u-1' },
  type: 'Warning',
  reason: 'NotProgrammed',
  action: 'Sync',
  note: 'the kernel refused it',
};

describe('EventRecorder', () => {
  it('creates an Event with the fields that a real API server accepted', async () => {
    const { recorder, written } = start();
    recorder.record(WEB);
    await settle();
    const [{ method, path, object } = NOTHING] = written;
    expect({ method, path }).toEqual({
      method: 'POST',
      path: '/apis/events.k8s.io/v1/namespaces/shop/events',
    });
    const accepted = JSON.parse(recordedAnswer('event-created').body.toString());
    expect(Object.keys(accepted)).toEqual(expect.arrayContaining(Object.keys(object)));
    expect(object).toMatchObject({
      apiVersion: accepted.apiVersion,
      kind: accepted.kind,
      metadata: { namespace: 'shop', name: expect.stringMatching(/^web\.[0-9a-f]+$/) },
      eventTime: '2026-11-21T12:00:00.000000Z',
      reportingController: accepted.reportingController,
      reportingInstance: 'kube-proxy-node-1',
      regarding: WEB.regarding,
      type: 'Warning',
    });
    expect(object).not.toHaveProperty('series');
  });

  it('puts Events about the Node into the default namespace', async () => {
    const { recorder, written } = start();
    recorder.record({ ...WEB, regarding: { kind: 'Node', namespace: '', name: 'node-1' } });
    await settle();
    expect(written[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/default/events');
  });

  it('counts what happens again in one Event', async () => {
    const { recorder, written, clock } = start();
    for (let i = 0; i < 100; i += 1) {
      recorder.record(WEB);
      await clock.advance(1_000);
    }
    await clock.advance(5 * MINUTE_MS);
    expect(written.map(({ method }) => method)).toEqual(['POST', 'PATCH']);
    expect(written[1]?.path).toBe(`${written[0]?.path}/${written[0]?.object.metadata?.name}`);
    expect(written[1]?.object).toEqual({
      series: { count: 100, lastObservedTime: '2026-11-21T12:01:39.000000Z' },
    });
  });

  it('begins a new Event, and forgets the old, after a quiet time', async () => {
    const { recorder, written, clock } = start();
    recorder.record(WEB);
    await clock.advance(11 * MINUTE_MS);
    expect(clock.pending).toBe(0);
    recorder.record(WEB);
    await settle();
    expect(written.map(({ method }) => method)).toEqual(['POST', 'POST']);
  });

  it('begins a new Event when the server has forgotten the old', async () => {
    const { recorder, written, clock } = start(({ method }) => (method === 'PATCH' ? 404 : undefined));
    recorder.record(WEB);
    await clock.advance(MINUTE_MS);
    recorder.record(WEB);
    await clock.advance(5 * MINUTE_MS);
    expect(written.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
    expect(written[2]?.object).toMatchObject({ series: { count: 2 } });
  });

  it('sends a burst at once, the rest at the given rate, and may burst again after a quiet time', async () => {
    const { recorder, written, clock } = start(undefined, { perSecond: 5, burst: 10 });
    const record = (count: number) => {
      for (let i = 0; i < count; i += 1)
        recorder.record({ ...WEB, note: `note ${i}`, reason: `At${clock.nowMs()}` });
    };
    record(50);
    await settle();
    expect(written).toHaveLength(10);
    await clock.advance(1_000);
    expect(written).toHaveLength(15);
    await clock.advance(7_000);
    expect(written).toHaveLength(50);
    await clock.advance(2_000);
    record(20);
    await settle();
    expect(written).toHaveLength(60);
  });

  it('sends all at once where the rate has no limit', async () => {
    const { recorder, written, clock } = start(undefined, { perSecond: -1, burst: 1 });
    for (let i = 0; i < 50; i += 1) recorder.record({ ...WEB, note: `note ${i}` });
    await clock.advance(0);
    expect(written).toHaveLength(50);
  });

  it('drops what is too much', async () => {
    const { recorder, written, clock } = start();
    for (let i = 0; i < 10_000; i += 1) recorder.record({ ...WEB, note: `note ${i}` });
    await clock.advance(4 * MINUTE_MS);
    expect(written).toHaveLength(500);
  });

  it('tries again when the server is in trouble, and gives up in the end', async () => {
    const { recorder, written, logged, clock } = start(() => 503);
    recorder.record(WEB);
    await clock.advance(10 * MINUTE_MS);
    expect(written).toHaveLength(5);
    expect(logged).toEqual(['cannot write an Event, dropped it']);
    expect(clock.pending).toBe(0);
  });

  it('does not insist where it is not allowed', async () => {
    const { recorder, written, clock } = start(() => 403);
    recorder.record(WEB);
    await clock.advance(10 * MINUTE_MS);
    expect(written).toHaveLength(1);
  });

  it('takes an Event that exists for its own, sent before', async () => {
    const { recorder, written, logged, clock } = start(() => 409);
    recorder.record(WEB);
    await clock.advance(MINUTE_MS);
    expect({ count: written.length, logged }).toEqual({ count: 1, logged: [] });
  });

  it('does not let a server that never answers hold up later Events for ever', async () => {
    let isFirst = true;
    const { recorder, written, clock } = start(() => {
      const answer = isFirst ? 'never' : undefined;
      isFirst = false;
      return answer;
    });
    recorder.record(WEB);
    recorder.record({ ...WEB, note: 'other' });
    await clock.advance(MINUTE_MS);
    expect(written.map(({ object }) => object.note)).toEqual([WEB.note, 'other', WEB.note]);
  });

  it('cuts a note that is too long, between characters', async () => {
    const { recorder, written } = start();
    recorder.record({ ...WEB, note: '€'.repeat(1_000) });
    await settle();
    expect(written[0]?.object.note).toBe('€'.repeat(341));
  });

  it('tells when all that was recorded has been sent', async () => {
    const { recorder, written, clock } = start();
    await recorder.settled();
    recorder.record(WEB);
    recorder.record({ ...WEB, note: 'another one' });
    let sentThen = 0;
    void recorder.settled().then(() => {
      sentThen = written.length;
    });
    await clock.advance(100);
    expect(sentThen).toBe(0);
    await clock.advance(1_000);
    expect(sentThen).toBe(2);
  });

  it('leaves nothing behind when stopped, and takes nothing afterwards', async () => {
    const { recorder, written, clock } = start(() => 'never');
    recorder.record(WEB);
    await settle();
    await recorder.stop();
    recorder.record(WEB);
    await settle();
    expect({ sent: written.length, timers: clock.pending }).toEqual({ sent: 1, timers: 0 });
  });
});

interface Written {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly object: { readonly metadata?: { readonly name: string }; readonly note?: string };
}

const NOTHING: Written = { method: 'POST', path: '', object: {} };

/** What the server does with a request: refuse it with a status, never answer, or accept it. */
type Answer = (request: Written) => number | 'never' | undefined;

const DEFAULT_LIMIT: RateLimit = { perSecond: 5, burst: 1 };

function start(answer: Answer = () => undefined, limit = DEFAULT_LIMIT) {
  const clock = new FakeClock();
  const written: Written[] = [];
  const logged: string[] = [];
  const write = async (request: Written, signal: AbortSignal): Promise<void> => {
    written.push(request);
    const outcome = answer(request);
    if (outcome === 'never') await untilAborted(signal);
    else if (outcome !== undefined) throw errorFromAnswer(outcome, {}, undefined);
  };
  const client: ApiWriter = {
    create: (path, object, signal) =>
      write({ method: 'POST', path, object: object as Written['object'] }, signal),
    mergePatch: (path, patch, signal) =>
      write({ method: 'PATCH', path, object: patch as Written['object'] }, signal),
  };
  const log = { warn: (_: unknown, message?: string) => void logged.push(message ?? '') };
  const recorder = new EventRecorder({ client, nodeName: 'node-1', clock, random: () => 0.5, limit, log });
  return { recorder, written, logged, clock };
}
