import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../../../src/lab/api-server/objects.ts';
import { CompactedError, ObjectStore } from '../../../../src/lab/api-server/store.ts';

function object(name: string, namespace = 'shop'): ApiObject {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name, namespace, uid: name, resourceVersion: '', creationTimestamp: '' },
  };
}

function names(objects: readonly ApiObject[]): string[] {
  return objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

describe('ObjectStore', () => {
  it('counts every change of any bucket with one version, and writes it into the object', () => {
    const store = new ObjectStore();
    const before = store.resourceVersion;
    expect(store.put('services', object('a')).metadata.resourceVersion).toBe(String(before + 1));
    expect(store.put('nodes', object('n')).metadata.resourceVersion).toBe(String(before + 2));
    store.delete('services', 'shop/a');
    expect(store.resourceVersion).toBe(before + 3);
  });

  it('lists in the order of etcd keys, where a dash comes before the slash', () => {
    const store = new ObjectStore();
    for (const namespace of ['shop', 'shop-a', 'a']) store.put('services', object('x', namespace));
    expect(names(store.list('services'))).toEqual(['a/x', 'shop-a/x', 'shop/x']);
  });

  it('answers nothing for what is not there', () => {
    const store = new ObjectStore();
    const before = store.resourceVersion;
    expect(store.get('services', 'shop/a')).toBeUndefined();
    expect(store.delete('services', 'shop/a')).toBeUndefined();
    expect(store.list('services')).toEqual([]);
    expect(store.resourceVersion).toBe(before);
  });

  it('rebuilds the state of every earlier version', () => {
    const store = new ObjectStore();
    const states: [number, string[]][] = [];
    const remember = (): void => void states.push([store.resourceVersion, names(store.list('services'))]);
    remember();
    for (const step of ['a', 'b', '-a', 'c', '-b', 'a', '-c']) {
      if (step.startsWith('-')) store.delete('services', `shop/${step.slice(1)}`);
      else store.put('services', object(step));
      remember();
    }
    for (const [version, state] of states) expect(names(store.list('services', version))).toEqual(state);
  });

  it('tells the changes after a version, with the object before and after', () => {
    const store = new ObjectStore();
    const created = store.put('services', object('a'));
    const changed = store.put('services', object('a'));
    store.put('nodes', object('n'));
    store.delete('services', 'shop/a');
    const changes = store.changesAfter('services', Number(created.metadata.resourceVersion));
    expect(changes.map(({ previous, current }) => [previous, current])).toEqual([
      [created, changed],
      [changed, undefined],
    ]);
    expect(store.changesAfter('services', 0, 1)).toHaveLength(1);
    expect(store.changesAfter('services', store.resourceVersion)).toEqual([]);
  });

  it('refuses versions from before the last compaction and serves the others', () => {
    const store = new ObjectStore();
    store.put('services', object('a'));
    const compacted = store.resourceVersion;
    store.put('services', object('b'));
    store.compact(compacted);
    expect(names(store.list('services', compacted))).toEqual(['shop/a']);
    expect(() => store.list('services', compacted - 1)).toThrow(CompactedError);
    expect(() => store.changesAfter('services', compacted - 1)).toThrow(CompactedError);
  });

  it('refuses old versions of a bucket that nobody has used', () => {
    const store = new ObjectStore();
    store.put('services', object('a'));
    store.compact(store.resourceVersion);
    expect(() => store.checkServed('nodes', 1)).toThrow(CompactedError);
  });

  it('lets a reader go on that has lost nothing by a compaction', () => {
    const store = new ObjectStore();
    store.put('services', object('a'));
    const seen = store.resourceVersion;
    store.put('nodes', object('n'));
    store.compact(store.resourceVersion);
    store.put('services', object('b'));
    expect(store.changesAfter('services', seen).map(({ key }) => key)).toEqual(['shop/b']);
    expect(() => store.checkServed('services', seen)).toThrow(CompactedError);
  });

  it('keeps no more changes than it was told to, within a quarter', () => {
    const store = new ObjectStore({ maxLogLength: 8 });
    for (let i = 0; i < 100; i++) store.put('services', object('a'));
    expect(store.changesAfter('services', store.resourceVersion - 7)).toHaveLength(7);
    expect(() => store.changesAfter('services', store.resourceVersion - 11)).toThrow(CompactedError);
  });

  it('calls listeners of the bucket until they go', () => {
    const store = new ObjectStore();
    const seen: string[] = [];
    const stop = store.onChange('services', ({ key }) => seen.push(key));
    store.put('services', object('a'));
    store.put('nodes', object('n'));
    stop();
    store.put('services', object('b'));
    expect(seen).toEqual(['shop/a']);
  });
});
