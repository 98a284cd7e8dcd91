import { describe, expect, it } from 'vitest';
import { parseListOptions } from '../../../../src/lab/api-server/list-options.ts';
import { createObject, deleteObject, updateObject } from '../../../../src/lab/api-server/registry.ts';
import { chooseRepresentation } from '../../../../src/lab/api-server/representation.ts';
import { nodes, services } from '../../../../src/lab/api-server/resources.ts';
import { openWatch } from '../../../../src/lab/api-server/watch.ts';
import { settle } from '../../../fakes/fake-clock.ts';
import { createService, statusOf, type TestCluster, testCluster } from './cluster-builder.ts';

interface Event {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly name?: string; readonly resourceVersion: string } & object;
  };
}

/** A client that takes everything at once. `events` returns what has come since it was last called. */
async function watch(cluster: TestCluster, query: string) {
  const lines: string[] = [];
  const gone = new AbortController();
  const chunks = start(cluster, query, gone.signal);
  const state = { isOver: false };
  void (async () => {
    for await (const chunk of chunks) lines.push(...chunk.trimEnd().split('\n'));
    state.isOver = true;
  })();
  await settle();
  return {
    state,
    events: async (): Promise<Event[]> => {
      await settle();
      return lines.splice(0).map((line) => JSON.parse(line));
    },
    summary: async (): Promise<string[]> => {
      await settle();
      return lines.splice(0).map(summaryOf);
    },
    leave: () => gone.abort(),
  };
}

function start(cluster: TestCluster, query: string, signal: AbortSignal): AsyncIterable<string> {
  const parameters = new URLSearchParams(`watch=1&${query}`);
  const representation = chooseRepresentation({
    resource: services,
    accept: undefined,
    query: parameters,
    nowMs: () => 0,
  });
  const options = parseListOptions(services, parameters);
  return openWatch(cluster, { resource: services, namespace: undefined, options, representation, signal });
}

function summaryOf(line: string): string {
  const { type, object }: Event = JSON.parse(line);
  return `${type} ${object.metadata.name ?? object.metadata.resourceVersion}`;
}

function label(cluster: TestCluster, name: string, labels: Record<string, string>): void {
  updateObject(cluster, services, { namespace: 'shop', name }, (previous) => ({
    ...previous,
    metadata: { ...previous.metadata, labels },
  }));
}

const WATCH_LIST = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

describe('watches', () => {
  it('tell every change after the version that they start from', async () => {
    const cluster = testCluster();
    createService(cluster, 'old');
    const { summary } = await watch(cluster, `resourceVersion=${cluster.store.resourceVersion}`);
    expect(await summary()).toEqual([]);
    createService(cluster, 'web');
    label(cluster, 'web', { a: 'b' });
    deleteObject(cluster, services, { namespace: 'shop', name: 'web' });
    expect(await summary()).toEqual(['ADDED web', 'MODIFIED web', 'DELETED web']);
  });

  it('begin with the present state without a version', async () => {
    const cluster = testCluster();
    for (const query of ['', 'resourceVersion=0']) {
      const { summary } = await watch(cluster, query);
      expect(await summary()).toEqual(['ADDED kubernetes']);
    }
  });

  it('mark the end of the initial state when asked to send it', async () => {
    const cluster = testCluster();
    createService(cluster, 'web');
    const { events } = await watch(cluster, WATCH_LIST);
    const [, , bookmark] = await events();
    expect(bookmark).toEqual({
      type: 'BOOKMARK',
      object: {
        kind: 'Service',
        apiVersion: 'v1',
        metadata: {
          resourceVersion: String(cluster.store.resourceVersion),
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
        spec: {},
        status: { loadBalancer: {} },
      },
    });
  });

  it('show an object that leaves the selection as deleted: as it was, at the version of the change', async () => {
    const cluster = testCluster();
    createService(cluster, 'web');
    const query = `resourceVersion=${cluster.store.resourceVersion}&labelSelector=!mine`;
    const { events } = await watch(cluster, query);
    label(cluster, 'web', { mine: 'yes' });
    const at = String(cluster.store.resourceVersion);
    label(cluster, 'web', {});
    const [gone, back] = await events();
    expect(gone).toMatchObject({
      type: 'DELETED',
      object: { metadata: { name: 'web', resourceVersion: at } },
    });
    expect(gone?.object.metadata).not.toHaveProperty('labels');
    expect(back?.type).toBe('ADDED');
  });

  it('give a deleted object the version of its deletion', async () => {
    const cluster = testCluster();
    createService(cluster, 'web');
    const { events } = await watch(cluster, `resourceVersion=${cluster.store.resourceVersion}`);
    deleteObject(cluster, services, { namespace: 'shop', name: 'web' });
    const [event] = await events();
    expect(event?.object.metadata.resourceVersion).toBe(String(cluster.store.resourceVersion));
  });

  it('send bookmarks of the latest version at intervals and before the end', async () => {
    const cluster = testCluster();
    const query = `resourceVersion=${cluster.store.resourceVersion}&allowWatchBookmarks=true&timeoutSeconds=100`;
    const { summary, state } = await watch(cluster, query);
    createService(cluster, 'web');
    createObject(cluster, nodes, undefined, { metadata: { name: 'node-1' } });
    await cluster.clock.advance(60_000);
    expect(await summary()).toEqual(['ADDED web', `BOOKMARK ${cluster.store.resourceVersion}`]);
    await cluster.clock.advance(39_999);
    expect(state.isOver).toBe(false);
    await cluster.clock.advance(1);
    expect(await summary()).toEqual([`BOOKMARK ${cluster.store.resourceVersion}`]);
    expect(state.isOver).toBe(true);
  });

  it('sleep until something happens when bookmarks are not wanted', async () => {
    const cluster = testCluster();
    const { summary, state } = await watch(cluster, `resourceVersion=${cluster.store.resourceVersion}`);
    await cluster.clock.advance(10 * 60_000);
    createService(cluster, 'web');
    expect(await summary()).toEqual(['ADDED web']);
    expect(state.isOver).toBe(false);
  });

  it('end without a word when bookmarks are not wanted', async () => {
    const cluster = testCluster();
    const { summary, state } = await watch(
      cluster,
      `resourceVersion=${cluster.store.resourceVersion}&timeoutSeconds=5`,
    );
    await cluster.clock.advance(5_000);
    expect(await summary()).toEqual([]);
    expect(state.isOver).toBe(true);
  });

  it('end with 410 when the version is compacted', async () => {
    const cluster = testCluster();
    createService(cluster, 'web');
    cluster.store.compact(cluster.store.resourceVersion);
    const { events, state } = await watch(cluster, 'resourceVersion=2');
    const message = `too old resource version: 2 (${cluster.store.resourceVersion})`;
    expect(await events()).toMatchObject([
      { type: 'ERROR', object: { code: 410, reason: 'Expired', message } },
    ]);
    expect(state.isOver).toBe(true);
  });

  it('go on through a compaction of what they have seen', async () => {
    const cluster = testCluster();
    const { summary } = await watch(cluster, `resourceVersion=${cluster.store.resourceVersion}`);
    createService(cluster, 'a');
    await settle();
    createObject(cluster, nodes, undefined, { metadata: { name: 'node-1' } });
    cluster.store.compact(cluster.store.resourceVersion);
    createService(cluster, 'b');
    expect(await summary()).toEqual(['ADDED a', 'ADDED b']);
  });

  it('refuse a state that is not there yet, and wait for changes after a version that is not', async () => {
    const cluster = testCluster();
    const next = cluster.store.resourceVersion + 1;
    const never = new AbortController().signal;
    expect(statusOf(() => start(cluster, `${WATCH_LIST}&resourceVersion=${next}`, never)).code).toBe(504);
    const { summary } = await watch(cluster, `resourceVersion=${next}`);
    createService(cluster, 'unseen');
    createService(cluster, 'seen');
    expect(await summary()).toEqual(['ADDED seen']);
  });

  it('leave nothing behind when the client goes', async () => {
    const cluster = testCluster();
    const before = cluster.clock.pending;
    const { leave, state } = await watch(cluster, '');
    expect(cluster.clock.pending).toBe(before + 1);
    leave();
    await settle();
    expect(state.isOver).toBe(true);
    expect(cluster.clock.pending).toBe(before);
  });

  it('produce nothing that a slow client does not take, and lose nothing', async () => {
    const cluster = testCluster();
    const never = new AbortController().signal;
    const slow = start(cluster, `resourceVersion=${cluster.store.resourceVersion}`, never)[
      Symbol.asyncIterator
    ]();
    const first = slow.next();
    for (let i = 0; i < 350; i++) createService(cluster, `s${i}`);
    const taken: string[] = [(await first).value ?? ''];
    while (taken.join('').split('\n').length <= 350) taken.push((await slow.next()).value ?? '');
    const names = taken.join('').trimEnd().split('\n').map(summaryOf);
    expect(names).toEqual(Array.from({ length: 350 }, (_, i) => `ADDED s${i}`));
    expect(taken.length).toBeGreaterThan(2);
  });

  it('tell a client that has fallen too far behind that it is', async () => {
    const cluster = testCluster({ maxLogLength: 20 });
    const never = new AbortController().signal;
    const slow = start(cluster, `resourceVersion=${cluster.store.resourceVersion}`, never)[
      Symbol.asyncIterator
    ]();
    const first = slow.next();
    createService(cluster, 'a');
    await first;
    for (let i = 0; i < 50; i++) createService(cluster, `s${i}`);
    expect(JSON.parse((await slow.next()).value ?? '')).toMatchObject({
      type: 'ERROR',
      object: { code: 410 },
    });
    expect((await slow.next()).done).toBe(true);
  });
});
