import type { V1ClusterRole } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import type { ApiWriter } from '../../../src/kube/api-client.ts';
import { EventRecorder } from '../../../src/kube/event-recorder.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import type { Resource } from '../../../src/kube/resources.ts';
import * as exported from '../../../src/kube/resources.ts';
import { parseRequest } from '../../../src/lab/api-server/request-info.ts';
import { createIntern } from '../../../src/util/intern.ts';
import { kustomize, ofKind } from '../../builders/kustomize.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { ScriptedApi } from '../../fakes/scripted-api.ts';

const EMPTY_LIST = JSON.stringify({ metadata: { resourceVersion: '1' }, items: [] });
const LONGER_THAN_AN_EVENT_IS_HELD_BACK_MS = 600_000;
const LOG = { warn: () => {} };

describe('the ClusterRole', () => {
  it('grants every request that the daemon makes, and no other', async () => {
    const { rules = [] } = ofKind<V1ClusterRole>(await kustomize('base'), 'ClusterRole');
    const granted = rules.flatMap(({ apiGroups = [], resources = [], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
      ),
    );
    const requested = [...(await requestsOfReflectors()), ...(await requestsOfEventRecorder())];
    expect(granted.sort()).toEqual([...new Set(requested)].sort());
  });
});

/** Against a server that refuses WatchList, so that they list and watch as well. */
async function requestsOfReflectors(): Promise<string[]> {
  const clock = new FakeClock();
  const api = new ScriptedApi(clock, ({ searchParams }) => {
    if (searchParams.has('sendInitialEvents')) return { status: 400 };
    return searchParams.has('watch') ? { ending: 'silence' } : { chunks: [EMPTY_LIST] };
  });
  const resources: readonly Resource<unknown>[] = Object.values(exported).map((one) =>
    typeof one === 'function' ? one('node-1') : one,
  );
  const options = {
    client: api,
    clock,
    intern: createIntern(),
    log: LOG,
    random: () => 0,
    onEvent: () => {},
  };
  const reflectors = resources.map((resource) => new Reflector({ ...options, resource }));
  for (const reflector of reflectors) reflector.start();
  await clock.advance(10_000);
  await Promise.all(reflectors.map((reflector) => reflector.stop()));
  return api.requests.map((path) => requestOf('GET', path));
}

async function requestsOfEventRecorder(): Promise<string[]> {
  const clock = new FakeClock();
  const requests: string[] = [];
  const client: ApiWriter = {
    create: async (path) => void requests.push(requestOf('POST', path)),
    mergePatch: async (path) => void requests.push(requestOf('PATCH', path)),
  };
  const events = new EventRecorder({
    client,
    nodeName: 'node-1',
    clock,
    random: () => 0,
    limit: { perSecond: 5, burst: 10 },
    log: LOG,
  });
  const regarding = { kind: 'Node', namespace: '', name: 'node-1' } as const;
  const note = { regarding, type: 'Normal', reason: 'Starting', action: 'Start', note: '' } as const;
  events.record(note);
  await clock.advance(1_000);
  events.record(note);
  await clock.advance(LONGER_THAN_AN_EVENT_IS_HELD_BACK_MS);
  await events.stop();
  return requests;
}

function requestOf(method: string, path: string): string {
  const request = parseRequest(method, new URL(path, 'http://api'));
  if (request.kind !== 'resource') throw new Error(`the lab does not know ${path}`);
  return `${request.verb} ${request.resource.plural}.${request.resource.group}`;
}
