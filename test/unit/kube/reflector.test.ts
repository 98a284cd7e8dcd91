import { describe, expect, it } from 'vitest';
import { Reflector, type ReflectorStatus } from '../../../src/kube/reflector.ts';
import { type Resource, serviceCidrs, services } from '../../../src/kube/resources.ts';
import { createIntern } from '../../../src/util/intern.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { recordedAnswer } from '../../fakes/recorded-answers.ts';
import { type ScriptedAnswer, ScriptedApi } from '../../fakes/scripted-api.ts';

const MINUTE_MS = 60_000;
const SILENCE: ScriptedAnswer = { ending: 'silence' };

describe('Reflector', () => {
  it('streams the complete state where the server has WatchList', async () => {
    const { said, status, requests } = await run(services, [recorded('watchlist-services')]);
    expect(said.at(0)).toBe('replace-start');
    expect(said.filter((what) => what.startsWith('put'))).toHaveLength(23);
    expect(said).toContain('synced');
    expect(status.phase).toBe('watch');
    expect(requests[0]?.searchParams.get('sendInitialEvents')).toBe('true');
  });

  it('lists and watches, with one log line, where etcd is too old for WatchList', async () => {
    const { said, logged, requests } = await run(services, [
      recorded('watchlist-unsupported'),
      recorded('list-services-page1'),
      { chunks: ['{"kind":"ServiceList","metadata":{"resourceVersion":"279"},"items":[]}'] },
      SILENCE,
    ]);
    expect(said.filter((what) => what.startsWith('put'))).toHaveLength(3);
    expect(said.at(-1)).toBe('synced');
    expect(logged).toEqual(['API server lacks a feature, going on without it']);
    expect(requests.map((url) => url.searchParams.get('resourceVersion'))).toEqual([null, '0', null, '279']);
    expect(requests[2]?.searchParams.get('continue')).toMatch(/^eyJ2/);
  });

  it.each([400, 422])('lists and watches where WatchList is refused with %i', async (status) => {
    const { said, requests } = await run(services, [{ status }, list('a'), SILENCE]);
    expect(said).toEqual(['replace-start', 'put a', 'synced']);
    expect(requests).toHaveLength(3);
  });

  it('goes on without the field selector where the server does not know the field', async () => {
    const refusal = { status: 400, chunks: ['{"message":"field label not supported: spec.clusterIP"}'] };
    const { requests, logged } = await run(services, [refusal, { ...watchList('a'), ending: 'silence' }]);
    expect(requests.map((url) => url.searchParams.get('fieldSelector'))).toEqual([
      'spec.clusterIP!=None',
      null,
    ]);
    expect(requests[1]?.searchParams.get('sendInitialEvents')).toBe('true');
    expect(logged).toHaveLength(1);
  });

  it.each([403, 404])(
    'takes an optional resource that is answered with %i for empty, and looks again',
    async (status) => {
      const {
        said,
        logged,
        requests,
        status: shown,
      } = await run(serviceCidrs, [{ status }, { status }, { status }], {
        ms: 25 * MINUTE_MS,
      });
      expect(said).toEqual(['replace-start', 'synced']);
      expect(logged).toEqual(['API server does not offer a resource, going on without it']);
      expect(requests.length).toBeGreaterThan(1);
      expect(shown.isSynced).toBe(true);
    },
  );

  it('never takes a forbidden Service list for an empty one', async () => {
    const { said, status } = await run(services, [recorded('403')]);
    expect(said).not.toContain('synced');
    expect(status).toMatchObject({
      isSynced: false,
      failures: 1,
      lastError: expect.stringContaining('forbidden'),
    });
  });

  it('resumes at once, where it was, when the server ends a watch after its time', async () => {
    const { requests, logged } = await run(services, [watchList('a', { forMs: 5 * MINUTE_MS })], {
      ms: 5 * MINUTE_MS + 1,
    });
    expect(requests).toHaveLength(2);
    expect(requests[1]?.searchParams.get('resourceVersion')).toBe('7');
    expect(logged).toEqual([]);
  });

  it('backs off when watches end as soon as they begin', async () => {
    const { requests, status } = await run(
      services,
      [watchList('a'), { chunks: [] }, { chunks: [] }, { chunks: [] }],
      {
        ms: 2_000,
      },
    );
    expect(requests).toHaveLength(3);
    expect(status.lastError).toBe('the watch ended at once');
  });

  it.each(['watch-410-too-old', 'list-410-expired-continue'])(
    'lists anew, not older than it knows, after %s',
    async (name) => {
      const { said, requests } = await run(services, [
        watchList('a'),
        change('b', 9),
        recorded(name),
        watchList('b'),
      ]);
      expect(said).toEqual(['replace-start', 'put a', 'synced', 'put b', 'replace-start', 'put b', 'synced']);
      expect(requests[3]?.searchParams.get('sendInitialEvents')).toBe('true');
      expect(requests[3]?.searchParams.get('resourceVersion')).toBe('9');
    },
  );

  it('asks for the latest state when even the list is too old to watch from', async () => {
    const { requests } = await run(services, [watchList('a'), recorded('watch-410-too-old'), watchList('a')]);
    expect(requests[2]?.searchParams.get('resourceVersion')).toBe(null);
  });

  it('asks for the latest state when a server restored from a backup is behind the watch', async () => {
    const tooLarge = recorded('list-504-too-large-resource-version');
    const { requests } = await run(services, [watchList('a'), tooLarge, watchList('a')]);
    expect(requests[1]?.searchParams.get('resourceVersion')).toBe('7');
    expect(requests[2]?.searchParams.get('sendInitialEvents')).toBe('true');
    expect(requests[2]?.searchParams.get('resourceVersion')).toBe(null);
  });

  it('asks for the latest state when the server says that the version is too large', async () => {
    const { requests } = await run(services, [
      watchList('a'),
      change('b', 99_999_999),
      recorded('watch-410-too-old'),
      recorded('list-504-too-large-resource-version'),
      watchList('a'),
    ]);
    expect(requests[3]?.searchParams.get('resourceVersion')).toBe('99999999');
    expect(requests[4]?.searchParams.get('resourceVersion')).toBe(null);
  });

  it('does not wait on for a server that is back from an outage and has forgotten our version', async () => {
    const away: ScriptedAnswer = { ending: 'cut' };
    const outage = [watchList('a'), away, away, away, away, away];
    const { requests } = await run(services, [...outage, recorded('watch-410-too-old'), watchList('b')], {
      // 24.8 s of back-off in the outage, and 0.8 s after the answer.
      ms: 26_000,
    });
    expect(requests[7]?.searchParams.get('sendInitialEvents')).toBe('true');
  });

  it('lists in one piece after a continue token expired', async () => {
    const { requests, said } = await run(services, [
      { status: 422 },
      recorded('list-services-page1'),
      recorded('list-410-expired-continue'),
      list('a'),
      SILENCE,
    ]);
    expect(requests[3]?.searchParams.get('limit')).toBe(null);
    expect(said.slice(-3)).toEqual(['replace-start', 'put a', 'synced']);
  });

  it('stays away as long as the server asks, within limits', async () => {
    const answers = [
      { status: 429, retryAfterMs: 20_000 },
      { status: 503, retryAfterMs: 9e9 },
      watchList('a'),
    ];
    const early = await run(services, answers, { ms: 19_000 });
    const late = await run(services, answers, { ms: 141_000 });
    expect(early.requests).toHaveLength(1);
    expect(late.said).toEqual(['replace-start', 'put a', 'synced']);
  });

  it('notices a half-open connection: first by the silence after bookmarks', async () => {
    const { requests, logged } = await run(services, [watchList('a'), bookmark(8)], { ms: 4 * MINUTE_MS });
    expect(requests[2]?.searchParams.get('resourceVersion')).toBe('8');
    expect(logged).toEqual(['API server request failed, will retry']);
  });

  it('does not mistake an object that cannot be decoded for a deleted one', async () => {
    const { said, logged } = await run(services, [
      {
        chunks: [
          line('ADDED', { metadata: { namespace: 'x', name: 'odd' }, spec: 5 }),
          line('ADDED', { metadata: {} }),
          end(7),
        ],
      },
    ]);
    expect(said).toEqual(['replace-start', 'unreadable odd', 'synced']);
    expect(logged.filter((message) => message.startsWith('skipped'))).toHaveLength(2);
  });

  it('lists anew when it cannot tell what was deleted', async () => {
    const { said } = await run(services, [
      watchList('a'),
      { chunks: [line('DELETED', { metadata: {} })] },
      watchList('b'),
    ]);
    expect(said).toEqual(['replace-start', 'put a', 'synced', 'replace-start', 'put b', 'synced']);
  });

  it('delivers again what the consumer failed to take', async () => {
    let isFirst = true;
    const { said } = await run(services, [watchList('a'), change('b', 9), change('b', 9)], {
      onEvent: (what) => {
        if (what !== 'put b' || !isFirst) return;
        isFirst = false;
        throw new Error('not now');
      },
    });
    expect(said.filter((what) => what === 'put b')).toHaveLength(2);
  });

  it('shows how long ago it heard from the server', async () => {
    const { status, nowMs } = await run(services, [watchList('a')], { ms: MINUTE_MS });
    expect(nowMs - (status.lastHeardAtMs ?? 0)).toBe(MINUTE_MS);
  });

  it('leaves nothing open when stopped in the middle of a list, of a watch, and of a back-off', async () => {
    for (const answers of [[{ chunks: ['{"type"'], ...SILENCE }], [watchList('a')], [{ status: 500 }]]) {
      const { open, timers } = await run(services, answers, { ms: 10 });
      expect({ open, timers }).toEqual({ open: 0, timers: 0 });
    }
  });

  it('says nothing more once it is told to stop', async () => {
    const { said, afterStop } = await run(services, [watchList('a')]);
    expect(afterStop).toBe(said.length);
  });
});

interface RunOptions {
  readonly ms?: number;
  readonly onEvent?: (what: string) => void;
}

/** Runs a reflector against the answers, the last of which is followed by silence, and stops it. */
async function run<Record extends { readonly name: string }>(
  resource: Resource<Record>,
  answers: readonly ScriptedAnswer[],
  { ms = 10_000, onEvent = () => {} }: RunOptions = {},
) {
  const clock = new FakeClock();
  const api = new ScriptedApi(clock, (_url, index) => answers[index] ?? SILENCE);
  const said: string[] = [];
  const logged: string[] = [];
  const reflector = new Reflector<Record>({
    resource,
    client: api,
    onEvent: (event) => {
      const name = event.kind === 'put' ? event.record.name : 'name' in event ? event.name : '';
      said.push(`${event.kind} ${name}`.trim());
      onEvent(`${event.kind} ${name}`.trim());
    },
    intern: createIntern(),
    clock,
    random: () => 0,
    log: { warn: (_: unknown, message?: string) => void logged.push(message ?? '') },
  });
  reflector.start();
  await clock.advance(ms);
  const status: ReflectorStatus = reflector.status();
  const afterStop = said.length;
  await reflector.stop();
  return {
    said,
    logged,
    status,
    afterStop,
    nowMs: clock.nowMs(),
    open: api.open,
    timers: clock.pending,
    requests: api.requests.map((path) => new URL(path, 'http://api')),
  };
}

function recorded(name: string): ScriptedAnswer {
  const { status, headers, body } = recordedAnswer(name);
  const retryAfterMs = Number(headers.get('retry-after') ?? 0) * 1000;
  return {
    status,
    retryAfterMs,
    chunks: [body],
    ending: status === 200 && name.startsWith('watchlist-s') ? 'silence' : 'end',
  };
}

function watchList(name: string, { forMs = Number.POSITIVE_INFINITY } = {}): ScriptedAnswer {
  return {
    chunks: [line('ADDED', service(name, 5)), end(7)],
    ending: forMs === Number.POSITIVE_INFINITY ? 'end' : 'late-end',
    forMs,
  };
}

function list(name: string): ScriptedAnswer {
  return { chunks: [JSON.stringify({ metadata: { resourceVersion: '7' }, items: [service(name, 5)] })] };
}

function change(name: string, version: number): ScriptedAnswer {
  return { chunks: [line('MODIFIED', service(name, version))] };
}

function bookmark(version: number): ScriptedAnswer {
  return {
    chunks: [line('BOOKMARK', { metadata: { resourceVersion: String(version) } })],
    ending: 'silence',
  };
}

function service(name: string, version: number) {
  return {
    metadata: { namespace: 'default', name, resourceVersion: String(version) },
    spec: { clusterIP: '10.96.0.1' },
  };
}

function end(version: number): string {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  return line('BOOKMARK', { metadata: { resourceVersion: String(version), annotations } });
}

function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}
