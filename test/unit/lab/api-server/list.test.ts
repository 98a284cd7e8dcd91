import { describe, expect, it } from 'vitest';
import { type ListPage, listPage } from '../../../../src/lab/api-server/list.ts';
import { parseListOptions } from '../../../../src/lab/api-server/list-options.ts';
import { deleteObject } from '../../../../src/lab/api-server/registry.ts';
import { services } from '../../../../src/lab/api-server/resources.ts';
import { createService, statusOf, type TestCluster, testCluster } from './cluster-builder.ts';

function list(cluster: TestCluster, query: string, namespace?: string): ListPage {
  return listPage(cluster.store, services, namespace, parseListOptions(services, new URLSearchParams(query)));
}

function names({ items }: ListPage): string[] {
  return items.map(({ metadata }) => metadata.name);
}

function threeServices(): TestCluster {
  const cluster = testCluster();
  for (const name of ['a', 'b', 'c']) createService(cluster, name);
  return cluster;
}

describe('lists', () => {
  it('are of one namespace or of all, at the current version', () => {
    const cluster = threeServices();
    expect(names(list(cluster, '', 'shop'))).toEqual(['a', 'b', 'c']);
    expect(names(list(cluster, ''))).toEqual(['kubernetes', 'a', 'b', 'c']);
    expect(list(cluster, '').resourceVersion).toBe(cluster.store.resourceVersion);
  });

  it('select by labels and fields', () => {
    const cluster = threeServices();
    createService(cluster, 'headless', { clusterIP: 'None' });
    expect(names(list(cluster, 'fieldSelector=spec.clusterIP!=None', 'shop'))).toEqual(['a', 'b', 'c']);
    expect(names(list(cluster, 'fieldSelector=metadata.name=b'))).toEqual(['b']);
    expect(names(list(cluster, 'fieldSelector=metadata.namespace=default'))).toEqual(['kubernetes']);
    expect(names(list(cluster, 'labelSelector=component'))).toEqual(['kubernetes']);
  });

  it('come in pages that together are one consistent state, whatever happens between', () => {
    const cluster = threeServices();
    const first = list(cluster, 'limit=2');
    expect([names(first), first.remainingItemCount]).toEqual([['kubernetes', 'a'], 2]);
    createService(cluster, 'aa');
    deleteObject(cluster, services, { namespace: 'shop', name: 'c' });
    const second = list(cluster, `limit=2&continue=${first.continueToken}`);
    expect(names(second)).toEqual(['b', 'c']);
    expect(second).toMatchObject({ resourceVersion: first.resourceVersion, continueToken: undefined });
  });

  it('do not count what remains when a selector leaves it open', () => {
    const page = list(threeServices(), 'limit=1&labelSelector=!component');
    expect(page.continueToken).toBeDefined();
    expect(page.remainingItemCount).toBeUndefined();
  });

  it('offer an inconsistent rest when the state of the first page has been compacted', () => {
    const cluster = threeServices();
    const { continueToken } = list(cluster, 'limit=2');
    createService(cluster, 'aa');
    cluster.store.compact(cluster.store.resourceVersion);
    const { code, reason, metadata } = statusOf(() => list(cluster, `limit=2&continue=${continueToken}`));
    expect([code, reason]).toEqual([410, 'Expired']);
    expect(names(list(cluster, `continue=${metadata.continue}`))).toEqual(['aa', 'b', 'c']);
  });

  it('are exact, not older or any, as resourceVersionMatch says', () => {
    const cluster = threeServices();
    const then = cluster.store.resourceVersion;
    createService(cluster, 'd');
    const at = (match: string): string[] => names(list(cluster, `resourceVersion=${then}${match}`, 'shop'));
    expect(at('&resourceVersionMatch=Exact')).toEqual(['a', 'b', 'c']);
    expect(at('&limit=9')).toEqual(['a', 'b', 'c']);
    expect(at('&resourceVersionMatch=NotOlderThan')).toEqual(['a', 'b', 'c', 'd']);
    expect(at('')).toEqual(['a', 'b', 'c', 'd']);
    expect(names(list(cluster, 'resourceVersion=0', 'shop'))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('of a version that is compacted or not there yet are refused', () => {
    const cluster = threeServices();
    const then = cluster.store.resourceVersion;
    createService(cluster, 'd');
    cluster.store.compact(cluster.store.resourceVersion);
    const exact = statusOf(() => list(cluster, `resourceVersion=${then}&resourceVersionMatch=Exact`));
    expect(exact).toMatchObject({ code: 410, reason: 'Expired' });
    expect(statusOf(() => list(cluster, 'resourceVersion=999')).code).toBe(504);
  });

  it.each([
    ['resourceVersion=x', 400],
    ['limit=x', 400],
    ['continue=x', 400],
    ['fieldSelector=spec.x=1', 400],
    ['resourceVersionMatch=Exact', 422],
    ['resourceVersionMatch=Maybe&resourceVersion=1', 422],
    ['resourceVersionMatch=Exact&resourceVersion=0', 422],
    ['sendInitialEvents=true', 422],
    ['watch=1&sendInitialEvents=true', 422],
    ['watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan', 422],
    ['watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1', 422],
  ])('refuse %s with %i', (query, code) => {
    expect(statusOf(() => list(testCluster(), query)).code).toBe(code);
  });
});
