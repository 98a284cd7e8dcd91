import { describe, expect, it } from 'vitest';
import {
  createObject,
  deleteObject,
  getObject,
  updateObject,
} from '../../../../src/lab/api-server/registry.ts';
import {
  coreEvents,
  endpointSlices,
  namespaces,
  nodes,
  services,
} from '../../../../src/lab/api-server/resources.ts';
import { clusterRoles, configMaps, daemonSets } from '../../../../src/lab/api-server/stored-resources.ts';
import { createService, createSlice, statusOf, testCluster } from './cluster-builder.ts';

const WEB = { namespace: 'shop', name: 'web' };

describe('creation', () => {
  it('adds what only the server knows, and no more', () => {
    const cluster = testCluster();
    const { metadata } = createObject(cluster, services, 'shop', {
      metadata: {
        name: 'web',
        labels: { a: 'b' },
        annotations: {},
        uid: 'forged',
        resourceVersion: '',
        creationTimestamp: 'forged',
        managedFields: [],
      },
      spec: { ports: [{ port: 80 }] },
    });
    expect(metadata).toEqual({
      name: 'web',
      namespace: 'shop',
      uid: expect.stringMatching(/^[0-9a-f]{8}-/),
      resourceVersion: String(cluster.store.resourceVersion),
      creationTimestamp: '2026-11-21T12:00:00Z',
      labels: { a: 'b' },
    });
  });

  it('is refused for a name that is taken, per namespace', () => {
    const cluster = testCluster();
    createService(cluster, 'web');
    expect(statusOf(() => createService(cluster, 'web'))).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'services "web" already exists',
      details: { name: 'web', kind: 'services' },
    });
    const draft = { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };
    expect(createObject(cluster, services, 'default', draft).metadata.namespace).toBe('default');
  });

  it('is refused in a namespace that does not exist or is not the one of the object', () => {
    const draft = { metadata: { name: 'web' } };
    expect(statusOf(() => createObject(testCluster(), services, 'nope', draft))).toMatchObject({
      code: 404,
      message: 'namespaces "nope" not found',
    });
    const elsewhere = { metadata: { name: 'web', namespace: 'default' } };
    expect(statusOf(() => createObject(testCluster(), services, 'shop', elsewhere)).code).toBe(400);
  });

  it('makes names from a prefix', () => {
    const cluster = testCluster();
    const draft = { metadata: { generateName: 'web-' }, addressType: 'IPv4' };
    const names = [1, 2].map(() => createObject(cluster, endpointSlices, 'shop', draft).metadata.name);
    expect(names[0]).toMatch(/^web-[b-df-hj-np-tv-z2-9]{5}$/);
    expect(names[1]).not.toBe(names[0]);
    expect(statusOf(() => createObject(cluster, endpointSlices, 'shop', { metadata: {} })).message).toContain(
      'name or generateName is required',
    );
  });

  it.each(['Web', 'a.b', '-a', 'x'.repeat(64)])('refuses a Service named %s', (name) => {
    expect(statusOf(() => createService(testCluster(), name))).toMatchObject({
      code: 422,
      reason: 'Invalid',
    });
  });

  it('stores nothing on a dry run, and still refuses', () => {
    const cluster = testCluster();
    const before = cluster.store.resourceVersion;
    const draft = { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };
    expect(createObject(cluster, services, 'shop', draft, { dryRun: true }).metadata.name).toBe('web');
    expect(cluster.store.resourceVersion).toBe(before);
    const bad = { metadata: { name: 'web' }, spec: { ports: [] } };
    expect(statusOf(() => createObject(cluster, services, 'shop', bad, { dryRun: true })).code).toBe(422);
  });

  it('keeps the status of a Node, which a kubelet registers with it, and no other', () => {
    const cluster = testCluster();
    const status = { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] };
    const node = createObject(cluster, nodes, undefined, { metadata: { name: 'node-1' }, status });
    expect(node['status']).toMatchObject(status);
    const service = createObject(cluster, services, 'shop', {
      metadata: { name: 'web' },
      spec: { ports: [{ port: 80 }] },
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
    });
    expect(service['status']).toEqual({ loadBalancer: {} });
  });
});

describe('kinds that are only stored', () => {
  it('are what the client says', () => {
    const cluster = testCluster();
    const draft = { metadata: { name: 'config' }, data: { 'config.conf': 'mode: iptables' } };
    const { kind, apiVersion, metadata, ...body } = createObject(cluster, configMaps, 'shop', draft);
    expect([kind, apiVersion, metadata.name, body]).toEqual([
      'ConfigMap',
      'v1',
      'config',
      { data: draft.data },
    ]);
  });

  it('have names for roles that no other kind may have', () => {
    const cluster = testCluster();
    const create = (name: string) =>
      createObject(cluster, clusterRoles, undefined, { metadata: { name }, rules: [] });
    expect(create('system:node-proxier').metadata.name).toBe('system:node-proxier');
    expect(statusOf(() => create('a/b%')).message).toMatch(/may not contain '\/'.*may not contain '%'/);
    expect(statusOf(() => create('..')).message).toContain("may not be '..'");
  });

  it('have, for DaemonSets, a status that clients write apart, and a generation for each spec', () => {
    const cluster = testCluster();
    const ref = { namespace: 'shop', name: 'proxy' };
    const draft = { metadata: { name: 'proxy' }, spec: { minReadySeconds: 1 }, status: { numberReady: 9 } };
    const created = createObject(cluster, daemonSets, 'shop', draft);
    expect([created.metadata.generation, created['status']]).toEqual([1, daemonSets.zero.status]);
    const labelled = { ...draft, metadata: { ...draft.metadata, labels: { a: 'b' } } };
    expect(updateObject(cluster, daemonSets, ref, () => labelled)).toMatchObject({
      metadata: { generation: 1 },
      status: daemonSets.zero.status,
    });
    const changed = updateObject(cluster, daemonSets, ref, () => ({
      ...draft,
      spec: { minReadySeconds: 2 },
    }));
    expect(changed.metadata.generation).toBe(2);
  });
});

describe('updates', () => {
  it('are refused when the object has changed since the client read it', () => {
    const cluster = testCluster();
    const read = createService(cluster, 'web');
    const label = (value: string) => () => ({ ...read, metadata: { ...read.metadata, labels: { value } } });
    updateObject(cluster, services, WEB, label('first'));
    expect(statusOf(() => updateObject(cluster, services, WEB, label('second')))).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on services "web": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  it('keep what only the server sets', () => {
    const cluster = testCluster();
    const { metadata } = createService(cluster, 'web');
    const forged = { name: 'web', creationTimestamp: 'forged', generation: 7, labels: { a: 'b' } };
    const updated = updateObject(cluster, services, WEB, (previous) => ({ ...previous, metadata: forged }));
    expect(updated.metadata).toEqual({
      ...metadata,
      labels: { a: 'b' },
      resourceVersion: String(cluster.store.resourceVersion),
    });
  });

  it('that change nothing are not told to anybody', () => {
    const cluster = testCluster();
    const before = createService(cluster, 'web');
    expect(updateObject(cluster, services, WEB, (previous) => previous)).toBe(before);
    expect(cluster.store.resourceVersion).toBe(Number(before.metadata.resourceVersion));
  });

  it('of another object, another uid or of nothing are refused', () => {
    const cluster = testCluster();
    createService(cluster, 'web');
    const renamed = () => updateObject(cluster, services, WEB, () => ({ metadata: { name: 'other' } }));
    expect(statusOf(renamed).message).toBe(
      'the name of the object (other) does not match the name on the URL (web)',
    );
    const reborn = () =>
      updateObject(cluster, services, WEB, () => ({ metadata: { name: 'web', uid: 'x' } }));
    expect(statusOf(reborn)).toMatchObject({
      code: 409,
      message: expect.stringContaining('UID in precondition: x'),
    });
    const missing = { namespace: 'shop', name: 'nope' };
    expect(statusOf(() => updateObject(cluster, services, missing, (p) => p)).message).toBe(
      'services "nope" not found',
    );
  });

  it('of the object leave the status, and of the status leave the spec', () => {
    const cluster = testCluster();
    const { spec } = createService(cluster, 'web', { type: 'LoadBalancer' });
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] } };
    const change = (subresource: '' | 'status') =>
      updateObject(
        cluster,
        services,
        WEB,
        (p) => ({ ...p, spec: { ...(p['spec'] as object), selector: { a: subresource } }, status }),
        {
          subresource,
        },
      );
    expect(change('status')).toMatchObject({ spec, status });
    expect(change('')).toMatchObject({ spec: { selector: {} }, status });
  });

  it('of the status of a Service without load balancer are refused', () => {
    const cluster = testCluster();
    createService(cluster, 'web');
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
    const change = () =>
      updateObject(cluster, services, WEB, (p) => ({ ...p, status }), { subresource: 'status' });
    expect(statusOf(change).message).toContain("may only be used when `spec.type` is 'LoadBalancer'");
  });

  it('count the generations of EndpointSlices: for content and labels, not for annotations', () => {
    const cluster = testCluster();
    const ref = { namespace: 'shop', name: 'web-a' };
    const generations = [createSlice(cluster, 'web-a').metadata.generation];
    const metadata = (change: object) => (p: { metadata: object }) => ({
      ...p,
      metadata: { ...p.metadata, ...change },
    });
    for (const change of [
      metadata({ name: 'web-a', annotations: { a: 'b' } }),
      metadata({ name: 'web-a', labels: { a: 'b' } }),
    ]) {
      generations.push(updateObject(cluster, endpointSlices, ref, change).metadata.generation);
    }
    const emptied = updateObject(cluster, endpointSlices, ref, (p) => ({ ...p, endpoints: [] }));
    expect([...generations, emptied.metadata.generation]).toEqual([1, 1, 2, 3]);
  });
});

describe('deletion', () => {
  it('answers with the object as it was', () => {
    const cluster = testCluster();
    const before = createService(cluster, 'web');
    expect(deleteObject(cluster, services, WEB)).toBe(before);
    expect(statusOf(() => getObject(cluster, services, WEB)).code).toBe(404);
    expect(statusOf(() => deleteObject(cluster, services, WEB)).code).toBe(404);
  });

  it('heeds preconditions', () => {
    const cluster = testCluster();
    const { uid, resourceVersion } = createService(cluster, 'web').metadata;
    expect(statusOf(() => deleteObject(cluster, services, WEB, { uid: 'x' })).code).toBe(409);
    expect(statusOf(() => deleteObject(cluster, services, WEB, { resourceVersion: '1' })).code).toBe(409);
    expect(deleteObject(cluster, services, WEB, { uid, resourceVersion }).metadata.uid).toBe(uid);
  });

  it('waits for finalizers', () => {
    const cluster = testCluster();
    const metadata = { name: 'web', finalizers: ['example.org/hold'] };
    createObject(cluster, services, 'shop', { metadata, spec: { ports: [{ port: 80 }] } });
    deleteObject(cluster, services, WEB);
    const deleting = deleteObject(cluster, services, WEB);
    expect(deleting.metadata.deletionTimestamp).toBe('2026-11-21T12:00:00Z');
    updateObject(cluster, services, WEB, (p) => ({ ...p, metadata: { ...p.metadata, finalizers: [] } }));
    expect(statusOf(() => getObject(cluster, services, WEB)).code).toBe(404);
  });

  it('of a namespace takes everything in it along, and nothing else', () => {
    const cluster = testCluster();
    createService(cluster, 'web');
    createSlice(cluster, 'web-a');
    createObject(cluster, coreEvents, 'shop', { metadata: { name: 'e' } });
    const seen: string[] = [];
    for (const bucket of ['services', 'endpointslices', 'events', 'namespaces']) {
      cluster.store.onChange(bucket, ({ key }) => seen.push(key));
    }
    deleteObject(cluster, namespaces, { namespace: undefined, name: 'shop' });
    expect(seen.sort()).toEqual(['shop', 'shop/e', 'shop/web', 'shop/web-a']);
    expect(cluster.store.list('services').map(({ metadata }) => metadata.name)).toEqual(['kubernetes']);
  });
});
