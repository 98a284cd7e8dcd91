import { beforeEach, describe, expect, it } from 'vitest';
import { ChangeTracker } from '../../../src/model/change-tracker.ts';
import { type ObjectKey, objectKey } from '../../../src/model/names.ts';
import type { ServiceRecord } from '../../../src/model/records.ts';
import { aService } from '../../builders/records.ts';

const WEB = objectKey('shop', 'web');
let tracker: ChangeTracker<ServiceRecord>;

beforeEach(() => {
  tracker = new ChangeTracker();
});

describe('changes of one object', () => {
  it('reports a new object once', () => {
    const record = put({ affinitySeconds: 1 });
    expect(take().changes).toEqual([{ key: WEB, previous: undefined, current: record }]);
    expect(take().changes).toEqual([]);
  });

  it('makes one change of a burst, from the applied state to the newest', () => {
    const first = put({ affinitySeconds: 1 });
    take();
    put({ affinitySeconds: 2 });
    const last = put({ affinitySeconds: 3 });
    expect(take().changes).toEqual([{ key: WEB, previous: first, current: last }]);
  });

  it('makes no change of a burst that leads back to the applied state', () => {
    put({ affinitySeconds: 1 });
    take();
    put({ affinitySeconds: 2, resourceVersion: '2' });
    remove('web');
    put({ affinitySeconds: 1, resourceVersion: '3', uid: 'recreated' });
    expect(tracker.pendingCount).toBe(0);
    expect(take().changes).toEqual([]);
  });

  it('makes no change of an object that came and went', () => {
    put({});
    remove('web');
    expect(tracker.pendingCount).toBe(0);
    expect(take().changes).toEqual([]);
  });

  it('reports a deletion with what was applied, not with what was pending', () => {
    const applied = put({ affinitySeconds: 1 });
    take();
    put({ affinitySeconds: 2 });
    remove('web');
    expect(take().changes).toEqual([{ key: WEB, previous: applied, current: undefined }]);
    expect(tracker.applied.size).toBe(0);
  });

  it('sees an object that was deleted and created again as a change when it is younger', () => {
    put({ createdAt: 1 });
    take();
    remove('web');
    put({ createdAt: 2 });
    expect(take().changes).toHaveLength(1);
  });

  it('ignores the deletion of what it does not know', () => {
    remove('web');
    expect(take().changes).toEqual([]);
  });
});

describe('the applied state', () => {
  it('stands still until changes are taken, its version too', () => {
    put({ resourceVersion: '1' });
    take();
    put({ resourceVersion: '2' });
    expect(tracker.applied.get(WEB)?.resourceVersion).toBe('1');
    expect(tracker.latest(WEB)?.resourceVersion).toBe('2');
  });

  it('stands still until changes are taken', () => {
    const before = put({ affinitySeconds: 1 });
    take();
    const after = put({ affinitySeconds: 2 });
    expect(tracker.applied.get(WEB)).toBe(before);
    expect(tracker.latest(WEB)).toBe(after);
    take();
    expect(tracker.applied.get(WEB)).toBe(after);
  });

  it('knows of a pending deletion', () => {
    put({});
    take();
    remove('web');
    expect(tracker.applied.has(WEB)).toBe(true);
    expect(tracker.latest(WEB)).toBeUndefined();
  });
});

describe('while changes are handed over', () => {
  it('what arrives comes too, also of an object that was handed over', () => {
    put({ name: 'a' });
    put({ name: 'b' });
    const changes = tracker.takeChanges();
    const first = changes.next().value;
    put({ name: 'a', affinitySeconds: 5 });
    expect([first?.key, ...[...changes].map(({ key }) => key)]).toEqual(['shop/a', 'shop/b', 'shop/a']);
    expect(tracker.applied.get(objectKey('shop', 'a'))?.affinitySeconds).toBe(5);
  });

  it('what is left stays for the next time', () => {
    put({ name: 'a' });
    put({ name: 'b' });
    for (const { key } of tracker.takeChanges()) if (key === 'shop/a') break;
    expect([...tracker.applied.keys()]).toEqual(['shop/a']);
    expect(takenKeys()).toEqual(['shop/b']);
  });
});

describe('a change of metadata alone', () => {
  it('is no change, but advances the applied version', () => {
    put({ resourceVersion: '1' });
    take();
    put({ resourceVersion: '2', generation: 7 });
    const { changes, touched } = take();
    expect(changes).toEqual([]);
    expect([...touched]).toEqual([WEB]);
    expect(tracker.applied.get(WEB)).toMatchObject({ resourceVersion: '2', generation: 7 });
  });

  it('keeps the old contents, which the plan points into', () => {
    const before = put({ resourceVersion: '1' });
    take();
    put({ resourceVersion: '2' });
    expect(tracker.takeTouched().size).toBe(1);
    expect(tracker.applied.get(WEB)?.ports).toBe(before.ports);
  });

  it('carries new problems with it', () => {
    put({ resourceVersion: '1' });
    take();
    put({ resourceVersion: '2', problems: ['externalIPs[0]: no address'] });
    expect(take().changes).toEqual([]);
    expect(tracker.applied.get(WEB)?.problems).toEqual(['externalIPs[0]: no address']);
  });

  it('is not reported beside a change of the same object', () => {
    put({ resourceVersion: '1' });
    take();
    put({ resourceVersion: '2' });
    put({ resourceVersion: '3', affinitySeconds: 5 });
    const { changes, touched } = take();
    expect(changes).toHaveLength(1);
    expect(touched.size).toBe(0);
  });

  it('is not reported when the same version comes again', () => {
    put({});
    take();
    put({});
    expect(tracker.takeTouched().size).toBe(0);
  });
});

describe('a list', () => {
  beforeEach(() => {
    for (const name of ['kept', 'lost', 'unreadable']) put({ name });
    take();
  });

  it('deletes what it does not name', () => {
    tracker.handle({ kind: 'replace-start' });
    put({ name: 'kept' });
    tracker.handle({ kind: 'unreadable', namespace: 'shop', name: 'unreadable' });
    tracker.handle({ kind: 'synced' });
    expect(takenKeys()).toEqual(['shop/lost']);
  });

  it('deletes what was pending before it began and is not named', () => {
    put({ name: 'pending' });
    tracker.handle({ kind: 'replace-start' });
    for (const name of ['kept', 'lost', 'unreadable']) put({ name });
    tracker.handle({ kind: 'synced' });
    expect(takenKeys()).toEqual([]);
    expect(tracker.latest(objectKey('shop', 'pending'))).toBeUndefined();
  });

  it('that begins anew forgets what the first attempt named', () => {
    tracker.handle({ kind: 'replace-start' });
    for (const name of ['kept', 'lost', 'new']) put({ name });
    tracker.handle({ kind: 'replace-start' });
    for (const name of ['kept', 'unreadable']) put({ name });
    tracker.handle({ kind: 'synced' });
    expect(takenKeys()).toEqual(['shop/lost']);
    expect(tracker.latest(objectKey('shop', 'new'))).toBeUndefined();
  });

  it('that is abandoned deletes nothing', () => {
    tracker.handle({ kind: 'replace-start' });
    put({ name: 'kept' });
    expect(takenKeys()).toEqual([]);
  });

  it('may delete what it put', () => {
    tracker.handle({ kind: 'replace-start' });
    for (const name of ['kept', 'lost', 'unreadable', 'new']) put({ name });
    remove('kept');
    tracker.handle({ kind: 'synced' });
    expect(takenKeys()).toEqual(['shop/kept', 'shop/new']);
  });

  it('counts as synced only when it is complete', () => {
    tracker.handle({ kind: 'replace-start' });
    expect(tracker.hasSynced).toBe(false);
    tracker.handle({ kind: 'synced' });
    expect(tracker.hasSynced).toBe(true);
  });
});

function put(fields: Partial<ServiceRecord>): ServiceRecord {
  const record = aService(fields);
  tracker.handle({ kind: 'put', record });
  return record;
}

function remove(name: string): void {
  tracker.handle({ kind: 'delete', namespace: 'shop', name });
}

function take() {
  return { changes: [...tracker.takeChanges()], touched: tracker.takeTouched() };
}

function takenKeys(): ObjectKey[] {
  return [...tracker.takeChanges()].map(({ key }) => key).sort();
}
