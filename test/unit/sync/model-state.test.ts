import { beforeEach, describe, expect, it } from 'vitest';
import type { IpFamily } from '../../../src/model/ip.ts';
import { objectKey } from '../../../src/model/names.ts';
import type { EndpointSliceRecord } from '../../../src/model/records.ts';
import { ModelState } from '../../../src/sync/model-state.ts';
import type { PendingChanges } from '../../../src/sync/pending-changes.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';
import { anEndpoint, aService, aSlice } from '../../builders/records.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

let clock: FakeClock;
let model: ModelState;

beforeEach(() => {
  clock = new FakeClock();
  model = new ModelState({ clock });
});

describe('a change of an EndpointSlice', () => {
  it('is for the family of its addresses alone', () => {
    putSlice({ family: 'IPv6' });
    expect(familiesWithChanges()).toEqual(['IPv6']);
    expect(changedServices()).toEqual({ IPv4: [], IPv6: ['shop/web'] });
    expect(familiesWithChanges()).toEqual([]);
  });

  it('is for both where the slice comes back with the other family', () => {
    putSlice({ family: 'IPv4' });
    changedServices();
    putSlice({ family: 'IPv6', resourceVersion: '2' });
    expect(familiesWithChanges()).toEqual(['IPv4', 'IPv6']);
    expect(changedServices()).toEqual({ IPv4: ['shop/web'], IPv6: ['shop/web'] });
  });

  it('is for the family that it had when it is deleted', () => {
    putSlice({ family: 'IPv4' });
    changedServices();
    model.handleEndpointSlice({ kind: 'delete', namespace: 'shop', name: 'web-a' });
    expect(familiesWithChanges()).toEqual(['IPv4']);
    expect(changedServices()).toEqual({ IPv4: ['shop/web'], IPv6: [] });
  });

  it('is for both when a list ends without it', () => {
    putSlice({ family: 'IPv4' });
    changedServices();
    for (const kind of ['replace-start', 'synced'] as const) model.handleEndpointSlice({ kind });
    expect(changedServices()).toEqual({ IPv4: ['shop/web'], IPv6: [] });
  });

  it('is for none where its addresses are of neither', () => {
    putSlice({ family: undefined });
    expect(familiesWithChanges()).toEqual([]);
  });

  it('is none where another one leads back', () => {
    putSlice({ family: 'IPv4' });
    model.handleEndpointSlice({ kind: 'delete', namespace: 'shop', name: 'web-a' });
    expect(familiesWithChanges()).toEqual([]);
    expect(model.changedSinceMs('IPv4')).toBeUndefined();
  });
});

describe('a change of a Service', () => {
  it('is for both families', () => {
    model.handleService({ kind: 'put', record: aService() });
    expect(familiesWithChanges()).toEqual(['IPv4', 'IPv6']);
    expect(changedServices()).toEqual({ IPv4: ['shop/web'], IPv6: ['shop/web'] });
  });
});

describe('changes of metadata alone', () => {
  it('wait for the next change of each family, however often the other one takes', () => {
    const names = ['web', 'api', 'db'];
    for (const name of names) model.handleService({ kind: 'put', record: aService({ name }) });
    changedServices();
    for (const name of names) {
      model.handleService({ kind: 'put', record: aService({ name, resourceVersion: '2' }) });
      putSlice({ family: 'IPv4', endpoints: [anEndpoint({ podName: name })] });
      take('IPv4');
    }
    expect(familiesWithChanges()).toEqual([]);
    expect([...take('IPv6').touchedServices]).toEqual(['shop/web', 'shop/api', 'shop/db']);
  });
});

describe('two families that take at once', () => {
  it('both get everything, and what arrives meanwhile is not lost', () => {
    for (const name of ['web-a', 'web-b']) model.handleService({ kind: 'put', record: aService({ name }) });
    const takes = { IPv4: model.takeChanges('IPv4'), IPv6: model.takeChanges('IPv6') };
    takes.IPv4.next();
    model.handleService({ kind: 'put', record: aService({ name: 'web-c' }) });
    takes.IPv6.next();
    model.handleService({ kind: 'put', record: aService({ name: 'web-a', affinitySeconds: 5 }) });
    const taken = { IPv6: runToEnd(takes.IPv6), IPv4: runToEnd(takes.IPv4) };
    for (const family of ['IPv4', 'IPv6'] as const) {
      const services = taken[family].services.union(take(family).services);
      expect([...services].sort()).toEqual(['shop/web-a', 'shop/web-b', 'shop/web-c']);
    }
    expect(model.services.get(objectKey('shop', 'web-a'))?.affinitySeconds).toBe(5);
    expect(familiesWithChanges()).toEqual([]);
  });

  it('know of changes that the other one has begun to take, whatever arrives meanwhile', () => {
    const startMs = clock.nowMs();
    putSlice({ family: 'IPv6' });
    putSlice({ family: 'IPv6', name: 'web-b' });
    const taking = model.takeChanges('IPv4');
    for (let i = 0; i < 2; i++) {
      expect(taking.next().done).toBe(false);
      model.handleEndpointSlice({ kind: 'delete', namespace: 'shop', name: 'unknown' });
      expect(familiesWithChanges()).toContain('IPv6');
      expect(model.changedSinceMs('IPv6')).toBe(startMs);
    }
    runToEnd(taking);
    expect(familiesWithChanges()).toEqual(['IPv6']);
    expect(take('IPv6')).toMatchObject({ services: new Set(['shop/web']), sinceMs: startMs });
    expect(familiesWithChanges()).toEqual([]);
  });

  it('have one consistent list of what changed', () => {
    model.handleService({ kind: 'put', record: aService() });
    putSlice({ family: 'IPv4' });
    const first = model.takeChanges('IPv4');
    first.next();
    expect([...take('IPv6').services]).toEqual(['shop/web']);
    expect([...runToEnd(first).services]).toEqual(['shop/web']);
  });
});

describe('a listener', () => {
  it('hears of the first change that a family has not taken, and not of those that go with it', () => {
    let news = 0;
    model.listen(() => news++);
    putSlice({ family: 'IPv4' });
    putSlice({ family: 'IPv4', name: 'web-b' });
    expect(news).toBe(1);
    putSlice({ family: 'IPv6', name: 'web-c' });
    expect(news).toBe(2);
    changedServices();
    putSlice({ family: 'IPv4', name: 'web-d' });
    expect(news).toBe(3);
  });

  it('hears of the end of each list', () => {
    let news = 0;
    model.listen(() => news++);
    for (const kind of ['replace-start', 'synced'] as const) model.handleEndpointSlice({ kind });
    expect(news).toBe(1);
  });
});

describe('what one family takes', () => {
  it('waits for the other, with the time when it came', () => {
    const startMs = clock.nowMs();
    putSlice({ family: 'IPv6' });
    clock.spend(10);
    putSlice({ name: 'web-b', family: 'IPv4' });
    expect(take('IPv4').sinceMs).toBe(startMs + 10);
    expect(familiesWithChanges()).toEqual(['IPv6']);
    expect(model.changedSinceMs('IPv6')).toBe(startMs);
    expect(take('IPv6')).toMatchObject({ services: new Set(['shop/web']), sinceMs: startMs });
  });
});

function putSlice(fields: Partial<EndpointSliceRecord>): void {
  model.handleEndpointSlice({ kind: 'put', record: aSlice({ name: 'web-a', ...fields }) });
}

function take(family: IpFamily): PendingChanges {
  return runToEnd(model.takeChanges(family));
}

function familiesWithChanges() {
  return (['IPv4', 'IPv6'] as const).filter((family) => model.hasChanges(family));
}

function changedServices() {
  const [IPv4, IPv6] = (['IPv4', 'IPv6'] as const).map((family) => [...take(family).services]);
  return { IPv4, IPv6 };
}
