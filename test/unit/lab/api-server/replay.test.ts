// The requests of which test/fixtures/apiserver has a real server's answers, made to the lab's server: the answers have to
// be the same but for what no two servers share (identities, times, versions) and for managedFields, which the lab has not.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject, Draft } from '../../../../src/lab/api-server/objects.ts';
import { createObject, deleteObject, updateObject } from '../../../../src/lab/api-server/registry.ts';
import {
  endpointSlices,
  RESOURCES,
  type Resource,
  services,
} from '../../../../src/lab/api-server/resources.ts';
import { recordedAnswer } from '../../../fakes/recorded-answers.ts';
import { type Call, call, callJson, open, type RunningServer, runServer } from './running-server.ts';

const OBJECTS = resolve(import.meta.dirname, '../../../fixtures/objects.yaml');

let server: RunningServer;
beforeAll(async () => {
  server = await runServer();
  for (const object of loadAll(readFileSync(OBJECTS, 'utf8')) as ApiObject[]) load(object);
});
afterAll(() => server.close());

/** As `kubectl apply` does, and then again for the status. */
function load(object: ApiObject): void {
  const { cluster } = server;
  const resource = RESOURCES.find(({ kind }) => kind === object.kind);
  if (!resource) throw new Error(object.kind);
  const { name } = object.metadata;
  const namespace = resource.namespaced ? object.metadata.namespace : undefined;
  if (name === 'shop') return; // is there already
  createObject(cluster, resource, namespace, object);
  const { status } = object;
  if (status)
    updateObject(cluster, resource, { namespace, name }, (p) => ({ ...p, status }), {
      subresource: 'status',
    });
}

const PERSONAL = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'lastTransitionTime',
  'continue',
  'time',
]);

/** Everything of a value that two servers have to agree on. */
function form(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(form);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([field]) => field !== 'managedFields');
  return Object.fromEntries(
    entries.map(([field, entry]) => [field, PERSONAL.has(field) ? typeof entry : form(entry)]),
  );
}

function recordedForm(name: string): unknown {
  return form(JSON.parse(recordedAnswer(name).body.toString()));
}

function recordedEvents(name: string): Event[] {
  return recordedAnswer(name)
    .body.toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

interface Event {
  readonly type: string;
  readonly object: ApiObject;
}

/** The headers that carry meaning for a client. */
function headersOf(headers: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const known = ['content-type', 'cache-control', 'retry-after', 'x-content-type-options'];
  return Object.fromEntries([...headers].filter(([name]) => known.includes(name)));
}

const ALL = { method: 'GET' };
const MINE = 'labelSelector=%21service.kubernetes.io%2Fservice-proxy-name';

describe('single answers', () => {
  const noted = {
    metadata: { name: 'x.1', namespace: 'shop' },
    eventTime: '2026-11-21T10:00:00.000000Z',
    reportingController: 'kube-proxy',
    reportingInstance: 'node-1',
    action: 'Sync',
    reason: 'Test',
    regarding: { kind: 'Service', namespace: 'shop', name: 'web' },
    note: 'n',
    type: 'Warning',
  };

  it.each<[string, string, Call]>([
    ['401', '/api/v1/services', { token: 'wrong' }],
    ['403', '/api/v1/services', { token: undefined }],
    ['404', '/api/v1/nodes/nope', ALL],
    ['list-endpointslices', '/apis/discovery.k8s.io/v1/endpointslices', ALL],
    ['list-services-page1', `/api/v1/services?limit=3&${MINE}`, ALL],
    ['servicecidrs', '/apis/networking.k8s.io/v1/servicecidrs', ALL],
    ['event-created', '/apis/events.k8s.io/v1/namespaces/shop/events', { method: 'POST', body: noted }],
  ])('%s', async (name, path, options) => {
    const recorded = recordedAnswer(name);
    const { status, headers, body } = await callJson(server, path, options);
    expect(form(body)).toEqual(recordedForm(name));
    expect(status).toBe(recorded.status);
    expect(headersOf(Object.entries(headers))).toEqual(headersOf(recorded.headers));
  });

  it('list-services-page2', async () => {
    const first = await callJson(server, `/api/v1/services?limit=3&${MINE}`);
    const path = `/api/v1/services?limit=3&${MINE}&continue=${first.body.metadata.continue}`;
    expect(form((await callJson(server, path)).body)).toEqual(recordedForm('list-services-page2'));
  });

  it('list-504-too-large-resource-version', async () => {
    const recorded = recordedAnswer('list-504-too-large-resource-version');
    const { status, headers, body } = await callJson(server, '/api/v1/services?resourceVersion=99999999');
    const current = `current: ${server.cluster.store.resourceVersion}`;
    expect(body).toEqual(JSON.parse(recorded.body.toString().replace('current: 286', current)));
    expect(status).toBe(recorded.status);
    expect(headersOf(Object.entries(headers))).toEqual(headersOf(recorded.headers));
  });

  it('version', async () => {
    const recorded = JSON.parse(recordedAnswer('version').body.toString());
    const { body } = await callJson(server, '/version');
    expect(Object.keys(body)).toEqual(Object.keys(recorded));
    expect([body.major, body.minor]).toEqual([recorded.major, recorded.minor]);
  });
});

describe('watches', () => {
  const BOOKMARKS = 'watch=1&allowWatchBookmarks=true&timeoutSeconds=60';
  const STATE = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan';

  /** The whole watch, through the changes and to its end. */
  async function watched(path: string, changes: () => void = () => {}): Promise<Event[]> {
    const answer = await open(server, path);
    changes();
    const ended = text(answer);
    await server.cluster.clock.advance(60_000);
    return (await ended)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  /** The real one sends the initial state in no order, and bookmarks when it likes. */
  function comparable(events: readonly Event[]): unknown {
    const end = events.findIndex(({ object }) => object.metadata.annotations?.['k8s.io/initial-events-end']);
    const key = ({ object }: Event): string => `${object.metadata.namespace}/${object.metadata.name}`;
    const state = events.slice(0, end + 1).toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
    const changes = events.slice(end + 1).filter(({ type }) => type !== 'BOOKMARK');
    const bookmark = events.findLast(({ type }) => type === 'BOOKMARK');
    return form([...state, ...changes, bookmark]);
  }

  function change(resource: Resource, name: string, edit: (previous: ApiObject) => Draft): void {
    updateObject(server.cluster, resource, { namespace: 'shop', name }, edit);
  }

  function label(labels: Record<string, string>) {
    return (previous: ApiObject): Draft => ({ ...previous, metadata: { ...previous.metadata, labels } });
  }

  it('watch-endpointslices', async () => {
    const path = `/apis/discovery.k8s.io/v1/endpointslices?${BOOKMARKS}&resourceVersion=${server.cluster.store.resourceVersion}`;
    const events = await watched(path, () => {
      change(endpointSlices, 'web-a', (p) => ({ ...p, endpoints: (p['endpoints'] as unknown[]).slice(1) }));
      deleteObject(server.cluster, endpointSlices, { namespace: 'shop', name: 'np-a' });
    });
    expect(comparable(events)).toEqual(comparable(recordedEvents('watch-endpointslices')));
  });

  it('watchlist-services', async () => {
    const events = await watched(`/api/v1/services?${BOOKMARKS}&${STATE}&${MINE}`, () => {
      change(services, 'web', label({ 'service.kubernetes.io/service-proxy-name': 'other' }));
      deleteObject(server.cluster, services, { namespace: 'shop', name: 'empty' });
      change(services, 'web', label({}));
    });
    expect(comparable(events)).toEqual(comparable(recordedEvents('watchlist-services')));
  });

  it('watchlist-node, but for the taint that another controller would remove', async () => {
    const events = await watched(`/api/v1/nodes?${BOOKMARKS}&${STATE}&fieldSelector=metadata.name%3Dnode-1`);
    const recorded = recordedEvents('watchlist-node').map(({ type, object }) => {
      const { taints: _taints, ...spec } = object['spec'] as Record<string, unknown>;
      return { type, object: { ...object, spec } };
    });
    expect(comparable(events.slice(0, recorded.length))).toEqual(comparable(recorded));
  });

  it('watch-410-too-old', async () => {
    server.cluster.store.compact(server.cluster.store.resourceVersion);
    const answer = await call(server, '/api/v1/services?watch=1&resourceVersion=2');
    const recorded = recordedAnswer('watch-410-too-old').body.toString().trim();
    expect(answer.text.trim()).toBe(recorded.replace('(303)', `(${server.cluster.store.resourceVersion})`));
    expect(answer.status).toBe(200);
  });

  it('list-410-expired-continue', async () => {
    const { body: page } = await callJson(server, '/api/v1/services?limit=3');
    createObject(server.cluster, services, 'shop', {
      metadata: { name: 'later' },
      spec: { ports: [{ port: 1 }] },
    });
    server.cluster.store.compact(server.cluster.store.resourceVersion);
    const { status, body } = await callJson(
      server,
      `/api/v1/services?limit=3&continue=${page.metadata.continue}`,
    );
    expect(form(body)).toEqual(recordedForm('list-410-expired-continue'));
    expect(status).toBe(410);
  });
});
