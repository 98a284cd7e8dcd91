import { once } from 'node:events';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeServerCertificate } from '../../../../src/lab/api-server/certificates.ts';
import { writeKubeconfig } from '../../../../src/lab/api-server/kubeconfig.ts';
import type { Fault } from '../../../../src/lab/api-server/server.ts';
import { openSocket } from '../../../../src/system/netns.ts';
import { createService, createSlice } from './cluster-builder.ts';
import { ADMIN, call, callJson, open, PROXY, type RunningServer, runServer } from './running-server.ts';

const SERVICES = '/api/v1/namespaces/shop/services';

let server: RunningServer;
let fault: Fault | undefined;
beforeAll(async () => {
  server = await runServer({
    fault: async (request, response) => (await fault?.(request, response)) ?? false,
  });
});
afterAll(() => server.close());

function service(name: string): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }] } };
}

describe('writing over HTTPS', () => {
  it('goes from creation to deletion', async () => {
    const post = await callJson(server, SERVICES, { method: 'POST', body: service('web') });
    expect([post.status, post.body.kind, post.body.metadata.name]).toEqual([201, 'Service', 'web']);
    const again = await callJson(server, SERVICES, { method: 'POST', body: service('web') });
    expect([again.status, again.body.reason]).toEqual([409, 'AlreadyExists']);

    const changed = { ...post.body, metadata: { ...post.body.metadata, labels: { a: 'b' } } };
    const put = await callJson(server, `${SERVICES}/web`, { method: 'PUT', body: changed });
    expect([put.status, put.body.metadata.labels]).toEqual([200, { a: 'b' }]);
    const stale = await callJson(server, `${SERVICES}/web`, {
      method: 'PUT',
      body: { ...changed, spec: { ports: [{ port: 81 }] } },
    });
    expect([stale.status, stale.body.reason]).toEqual([409, 'Conflict']);

    const get = await callJson(server, `${SERVICES}/web`);
    expect(get.body).toEqual(put.body);
    const deleted = await callJson(server, `${SERVICES}/web`, { method: 'DELETE' });
    expect([deleted.status, deleted.body.kind]).toEqual([200, 'Service']);
    expect((await callJson(server, `${SERVICES}/web`)).status).toBe(404);
  });

  it.each([
    ['application/merge-patch+json', { metadata: { labels: { a: 'b' } } }],
    ['application/strategic-merge-patch+json', { metadata: { labels: { a: 'b' } } }],
    ['application/json-patch+json', [{ op: 'add', path: '/metadata/labels', value: { a: 'b' } }]],
  ])('takes %s', async (contentType, body) => {
    createService(server.cluster, 'patched');
    const { status, body: patched } = await callJson(server, `${SERVICES}/patched`, {
      method: 'PATCH',
      contentType,
      body,
    });
    expect([status, patched.metadata.labels]).toEqual([200, { a: 'b' }]);
    await call(server, `${SERVICES}/patched`, { method: 'DELETE' });
  });

  it('refuses server-side apply and says what it takes', async () => {
    const contentType = 'application/apply-patch+yaml';
    createService(server.cluster, 'applied');
    const { status, body } = await callJson(server, `${SERVICES}/applied`, {
      method: 'PATCH',
      contentType,
      body: '{}',
    });
    expect([status, body.reason]).toEqual([415, 'UnsupportedMediaType']);
    expect(body.message).toContain('application/strategic-merge-patch+json');
  });

  it('refuses patches that cannot be applied', async () => {
    createService(server.cluster, 'kept');
    const patch = async (contentType: string, body: unknown) =>
      (await callJson(server, `${SERVICES}/kept`, { method: 'PATCH', contentType, body })).status;
    expect(await patch('application/json-patch+json', [{ op: 'test', path: '/kind', value: 'x' }])).toBe(422);
    expect(await patch('application/merge-patch+json', [])).toBe(400);
    expect(await patch('application/merge-patch+json', '{')).toBe(400);
    expect(await patch('application/merge-patch+json', { metadata: { resourceVersion: '1' } })).toBe(409);
  });

  it.each([
    ['no JSON', '{', 400],
    ['a list', [], 400],
    ['another kind', { kind: 'Node', apiVersion: 'v1' }, 400],
    ['another version', { kind: 'Service', apiVersion: 'v2' }, 400],
    ['labels that are numbers', { metadata: { name: 'x', labels: { a: 1 } } }, 400],
    ['metadata that is a text', { metadata: 'x' }, 400],
    ['a name that is a number', { metadata: { name: 1 } }, 400],
  ])('refuses %s', async (_, body, code) => {
    expect((await callJson(server, SERVICES, { method: 'POST', body })).status).toBe(code);
  });

  it('refuses bodies without end', async () => {
    const body = JSON.stringify({ ...service('big'), filler: 'x'.repeat(4 * 1024 * 1024) });
    const refused = call(server, SERVICES, { method: 'POST', body }).then(
      ({ status }) => status,
      () => 'cut',
    );
    expect([413, 'cut']).toContain(await refused);
  });

  it('creates with PUT what clients may create that way', async () => {
    const put = await callJson(server, `${SERVICES}/put`, { method: 'PUT', body: service('put') });
    expect(put.status).toBe(201);
    const slice = { metadata: { name: 'none' }, addressType: 'IPv4' };
    const path = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/none';
    expect((await callJson(server, path, { method: 'PUT', body: slice })).status).toBe(404);
  });

  it('answers the deletion of an EndpointSlice with a Status, and deletes collections by selector', async () => {
    for (const name of ['a', 'b', 'c'])
      createSlice(server.cluster, name, { metadata: { name, labels: { app: name } } });
    const path = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
    const one = await callJson(server, `${path}/a`, { method: 'DELETE' });
    expect(one.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'a', group: 'discovery.k8s.io', kind: 'endpointslices' },
    });
    await call(server, `${path}?labelSelector=app%3Db`, { method: 'DELETE' });
    const { body } = await callJson(server, path);
    expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['c']);
  });
});

describe('watching over HTTPS', () => {
  it('streams lines as things happen, and notices when the client goes', async () => {
    const pending = server.cluster.clock.pending;
    const path = `${SERVICES}?watch=1&resourceVersion=${server.cluster.store.resourceVersion}`;
    const answer = await open(server, path, { token: PROXY.token });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
    });
    createService(server.cluster, 'seen');
    const [line] = await once(answer, 'data');
    expect(JSON.parse(line.toString())).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'seen' } },
    });
    answer.destroy();
    while (server.cluster.clock.pending > pending) await setImmediate();
  });
});

describe('who may do what', () => {
  it('is decided by the token', async () => {
    const status = async (token: string | undefined) =>
      (await callJson(server, '/api/v1/namespaces', { token })).status;
    expect(await status(ADMIN.token)).toBe(200);
    expect(await status(PROXY.token)).toBe(403);
    expect(await status('other')).toBe(401);
    expect(await status(undefined)).toBe(403);
  });
});

describe('everything else', () => {
  it.each([
    ['/api', 'APIVersions'],
    ['/apis', 'APIGroupList'],
    ['/apis/discovery.k8s.io', 'APIGroup'],
    ['/apis/discovery.k8s.io/v1', 'APIResourceList'],
    ['/api/v1', 'APIResourceList'],
  ])('%s is an %s', async (path, kind) => {
    expect((await callJson(server, path)).body.kind).toBe(kind);
  });

  it('lists the resources of a group with their status', async () => {
    const { body } = await callJson(server, '/apis/networking.k8s.io/v1');
    expect(body.resources.map(({ name }: { name: string }) => name)).toEqual([
      'servicecidrs',
      'servicecidrs/status',
    ]);
  });

  it('serves health as text and an OpenAPI document in protobuf', async () => {
    expect((await call(server, '/readyz')).text).toBe('ok');
    const { headers, text } = await call(server, '/openapi/v2');
    expect(headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    expect(text).toContain('2.0');
  });

  it.each(['/nothing', '/apis/batch/v1', '/api/v2', '/openapi/v3'])('%s is not found', async (path) => {
    expect((await callJson(server, path)).body).toMatchObject({
      kind: 'Status',
      code: 404,
      reason: 'NotFound',
    });
  });

  it('refuses names that are not encoded as they should be', async () => {
    expect((await callJson(server, `${SERVICES}/%zz`)).status).toBe(400);
  });

  it('is indented for people', async () => {
    expect((await call(server, '/version', { headers: { 'user-agent': 'curl/8' } })).text).toMatch(
      /^\{\n {2}"major"/,
    );
    expect((await call(server, '/version')).text).toMatch(/^\{"major"/);
  });
});

describe('listeners', () => {
  it('may be sockets that somebody else has bound, beside others', async () => {
    const fd = openSocket({ netns: undefined, protocol: 'TCP', local: { ip: '127.0.0.1', port: 0 } });
    const port = await server.listen({ fd });
    for (const listener of [port, server.port]) {
      expect((await call(server, '/version', { port: listener })).status).toBe(200);
    }
  });

  it('close, and cut what is open', async () => {
    const other = await runServer();
    const watch = await open(other, '/api/v1/services?watch=1');
    const cut = once(watch, 'close').catch(() => []);
    watch.resume().on('error', () => {});
    await other.close();
    await cut;
    await expect(call(other, '/version')).rejects.toThrow();
  });
});

describe('faults', () => {
  it('answer instead of the server, delay it or cut the connection', async () => {
    fault = async (request, response) => {
      if (request.url === '/version') return false;
      if (request.url?.includes('cut')) return Boolean(response.socket?.destroy());
      response.writeHead(429, { 'retry-after': '1' }).end();
      return true;
    };
    expect((await call(server, SERVICES)).status).toBe(429);
    expect((await call(server, '/version')).status).toBe(200);
    await expect(call(server, '/cut')).rejects.toThrow();
    fault = undefined;
    expect((await call(server, SERVICES)).status).toBe(200);
  });
});

describe('kubeconfig files', () => {
  it('hold the server, its CA and the token, for their owner only', async () => {
    const path = join(tmpdir(), `fairlead-kubeconfig-${process.pid}`);
    const address = `https://127.0.0.1:${server.port}`;
    await writeKubeconfig(path, { server: address, ca: server.tls.ca, user: ADMIN });
    try {
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(load(readFileSync(path, 'utf8'))).toMatchObject({
        clusters: [{ cluster: { server: address, 'certificate-authority-data': btoa(server.tls.ca) } }],
        users: [{ name: 'admin', user: { token: 'admin-token' } }],
        'current-context': 'lab',
      });
    } finally {
      rmSync(path);
    }
  });
});

it('says in the words of openssl why there is no certificate', async () => {
  const exec = async () => ({ exitCode: 1, stdout: '', stderr: 'unable to write' });
  await expect(makeServerCertificate(exec, { dnsNames: [], ips: [] })).rejects.toThrow(
    'openssl req failed: unable to write',
  );
});
