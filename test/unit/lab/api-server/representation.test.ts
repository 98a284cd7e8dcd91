import { describe, expect, it } from 'vitest';
import { humanDuration } from '../../../../src/lab/api-server/human-duration.ts';
import { listPage } from '../../../../src/lab/api-server/list.ts';
import { parseListOptions } from '../../../../src/lab/api-server/list-options.ts';
import { createObject } from '../../../../src/lab/api-server/registry.ts';
import { chooseRepresentation } from '../../../../src/lab/api-server/representation.ts';
import {
  coreEvents,
  endpointSlices,
  events,
  nodes,
  type Resource,
  services,
} from '../../../../src/lab/api-server/resources.ts';
import { createService, createSlice, statusOf, type TestCluster, testCluster } from './cluster-builder.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

function represent(cluster: TestCluster, resource: Resource, accept: string, query = '') {
  const parameters = new URLSearchParams(query);
  const request = { resource, accept, query: parameters, nowMs: () => cluster.clock.nowMs() };
  const page = listPage(cluster.store, resource, 'shop', parseListOptions(resource, new URLSearchParams()));
  return JSON.parse([...chooseRepresentation(request).list(page)].join(''));
}

function cells(cluster: TestCluster, resource: Resource): string[] {
  const { rows } = represent(cluster, resource, TABLE);
  return rows.map((row: { cells: string[] }) => row.cells.join(' '));
}

describe('representations', () => {
  it('are plain for clients that take JSON, the items without kind', () => {
    const cluster = testCluster();
    createService(cluster, 'web');
    for (const accept of [
      'application/json',
      '*/*',
      'application/vnd.kubernetes.protobuf,application/json',
      '',
    ]) {
      const list = represent(cluster, services, accept);
      expect(list).toMatchObject({
        kind: 'ServiceList',
        apiVersion: 'v1',
        items: [{ metadata: { name: 'web' } }],
      });
      expect(list.items[0]).not.toHaveProperty('kind');
    }
  });

  it('are tables for clients that prefer them', () => {
    const cluster = testCluster();
    const { metadata } = createService(cluster, 'web');
    const table = represent(cluster, services, TABLE);
    expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    const [row] = table.rows;
    expect(table.columnDefinitions).toHaveLength(row.cells.length);
    expect(row.object).toEqual({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata });
    expect(represent(cluster, services, TABLE, 'includeObject=None').rows[0]).not.toHaveProperty('object');
    expect(represent(cluster, services, TABLE, 'includeObject=Object').rows[0].object.kind).toBe('Service');
  });

  it('are refused to clients that take neither', () => {
    expect(statusOf(() => represent(testCluster(), services, 'text/html')).code).toBe(406);
    const onlyPartial = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
    expect(statusOf(() => represent(testCluster(), services, onlyPartial)).code).toBe(406);
  });
});

describe('columns', () => {
  it('of Services', async () => {
    const cluster = testCluster();
    createService(cluster, 'a', { clusterIP: '10.96.0.9', selector: { app: 'a' } });
    createService(cluster, 'b', { type: 'NodePort', clusterIP: '10.96.0.10' });
    createService(cluster, 'c', {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.11',
      externalIPs: ['192.0.2.1'],
    });
    createService(cluster, 'd', { type: 'LoadBalancer', clusterIP: '10.96.0.12' });
    createService(cluster, 'e', { type: 'ExternalName', externalName: 'example.org', ports: [] });
    await cluster.clock.advance(90_000);
    expect(cells(cluster, services)).toEqual([
      'a ClusterIP 10.96.0.9 <none> 80/TCP 90s app=a',
      'b NodePort 10.96.0.10 <none> 80:30000/TCP 90s <none>',
      'c LoadBalancer 10.96.0.11 192.0.2.1 80:30001/TCP 90s <none>',
      'd LoadBalancer 10.96.0.12 <pending> 80:30002/TCP 90s <none>',
      'e ExternalName <none> example.org <none> 90s <none>',
    ]);
  });

  it('of EndpointSlices', () => {
    const cluster = testCluster();
    createSlice(cluster, 'a', {
      endpoints: [1, 2, 3, 4].map((i) => ({ addresses: [`10.244.1.${i}`] })),
      ports: [{ port: 8080 }],
    });
    createSlice(cluster, 'b', { endpoints: [] });
    expect(cells(cluster, endpointSlices)).toEqual([
      'a IPv4 8080 10.244.1.1,10.244.1.2,10.244.1.3 + 1 more... 0s',
      'b IPv4 <unset> <unset> 0s',
    ]);
  });

  it('of Nodes', () => {
    const cluster = testCluster();
    const status = (ready: string) => ({
      conditions: [{ type: 'Ready', status: ready }],
      addresses: [{ type: 'InternalIP', address: '192.0.2.1' }],
      nodeInfo: { kubeletVersion: 'v1.36.2' },
    });
    const labels = { 'node-role.kubernetes.io/control-plane': '' };
    createObject(cluster, nodes, undefined, { metadata: { name: 'a', labels }, status: status('True') });
    const spec = { unschedulable: true };
    createObject(cluster, nodes, undefined, { metadata: { name: 'b' }, spec, status: status('Unknown') });
    const table = chooseRepresentation({
      resource: nodes,
      accept: TABLE,
      query: new URLSearchParams(),
      nowMs: () => cluster.clock.nowMs(),
    });
    const page = listPage(cluster.store, nodes, undefined, parseListOptions(nodes, new URLSearchParams()));
    const { rows } = JSON.parse([...table.list(page)].join(''));
    expect(rows.map((row: { cells: string[] }) => row.cells.slice(0, 6).join(' '))).toEqual([
      'a Ready control-plane 0s v1.36.2 192.0.2.1',
      'b NotReady,SchedulingDisabled <none> 0s v1.36.2 192.0.2.1',
    ]);
  });
});

describe('Events', () => {
  const draft = {
    metadata: { name: 'web.1' },
    eventTime: '2026-11-21T11:59:00.000000Z',
    regarding: { kind: 'Service', namespace: 'shop', name: 'web' },
    reportingController: 'fairlead',
    reportingInstance: 'node-1',
    action: 'Sync',
    reason: 'Test',
    note: 'a note',
    type: 'Warning',
  };

  it('written in events.k8s.io are read in the core group, and back', () => {
    const cluster = testCluster();
    createObject(cluster, events, 'shop', draft);
    const [core] = represent(cluster, coreEvents, '').items;
    expect(core).toMatchObject({
      involvedObject: draft.regarding,
      message: 'a note',
      reportingComponent: 'fairlead',
    });
    expect(core).not.toHaveProperty('regarding');
    const [event] = represent(cluster, events, '').items;
    expect(event).toMatchObject({
      regarding: draft.regarding,
      note: 'a note',
      reportingController: 'fairlead',
    });
    expect(event).not.toHaveProperty('involvedObject');
  });

  it('are selected by what they are about, in the words of each group', () => {
    const cluster = testCluster();
    createObject(cluster, events, 'shop', draft);
    const count = (resource: Resource, selector: string): number => {
      const options = parseListOptions(resource, new URLSearchParams({ fieldSelector: selector }));
      return listPage(cluster.store, resource, 'shop', options).items.length;
    };
    expect(count(coreEvents, 'involvedObject.name=web,reportingComponent=fairlead')).toBe(1);
    expect(count(events, 'regarding.name=web')).toBe(1);
    expect(count(events, 'regarding.name=api')).toBe(0);
  });

  it('show when and what', () => {
    const cluster = testCluster();
    createObject(cluster, events, 'shop', draft);
    expect(cells(cluster, coreEvents)).toEqual(['60s Warning Test service/web a note web.1']);
  });
});

it.each([
  [-5, '<invalid>'],
  [-1, '0s'],
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [200, '3m20s'],
  [601, '10m'],
  [3 * 3600 + 60, '3h1m'],
  [8 * 3600 + 60, '8h'],
  [2 * 86400 + 3600, '2d1h'],
  [9 * 86400, '9d'],
  [731 * 86400, '2y1d'],
  [3000 * 86400, '8y'],
])('%i seconds are %s', (seconds, text) => {
  expect(humanDuration(seconds)).toBe(text);
});
