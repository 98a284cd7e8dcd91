import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ApiClient } from '../../../src/kube/api-client.ts';
import type { RequestObserver } from '../../../src/kube/request-observer.ts';

const NEVER = new AbortController().signal;

let server: http.Server;
let client: ApiClient;
let seen: { kind: string; [field: string]: unknown }[];

beforeEach(async () => {
  seen = [];
  server = http.createServer((request, response) => {
    request.resume();
    if (request.url === '/missing') response.writeHead(404);
    response.end('0123456789');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = clientFor((server.address() as AddressInfo).port);
});

afterEach(() => {
  client.close();
  server.close();
});

function clientFor(port: number): ApiClient {
  const credentials = {
    server: `http://127.0.0.1:${port}`,
    resolve: async () => ({ tls: {}, headers: {} }),
  };
  const observer: RequestObserver = {
    onBegun: (request) => seen.push({ kind: 'begun', ...request }),
    onEnded: (request) => seen.push({ kind: 'ended', ...request }),
  };
  return new ApiClient({ credentials, userAgent: 'test', observer });
}

async function read(path: string): Promise<void> {
  for await (const _ of await client.get(path, NEVER));
}

it('tells when an answer begins and when it has ended', async () => {
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await read('/list?limit=500');
  expect(seen).toEqual([
    { kind: 'begun', method: 'GET', host, status: 200 },
    { kind: 'ended', method: 'GET', host, elapsedMs: expect.any(Number), sentBytes: 0, receivedBytes: 10 },
  ]);
});

it('tells the size of what is sent', async () => {
  await client.create('/events', { name: 'é' }, NEVER);
  await expect.poll(() => seen[1]).toMatchObject({ method: 'POST', sentBytes: 13, receivedBytes: 10 });
});

it('tells of the beginning of a watch alone', async () => {
  await read('/list?watch=1&timeoutSeconds=300');
  expect(seen.map(({ kind }) => kind)).toEqual(['begun']);
});

it('tells refusals by their status', async () => {
  await expect(read('/missing')).rejects.toThrow('404');
  expect(seen).toMatchObject([{ kind: 'begun', status: 404 }, { kind: 'ended' }]);
});

it('tells that no answer came', async () => {
  const nobody = clientFor(1);
  await expect(nobody.get('/list', NEVER)).rejects.toThrow('ECONNREFUSED');
  expect(seen).toMatchObject([{ kind: 'begun', host: '127.0.0.1:1', status: undefined }]);
});
