import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../../../src/kube/api-client.ts';
import {
  isExpired,
  isTooLargeResourceVersion,
  isUnavailable,
  KubeApiError,
} from '../../../src/kube/api-error.ts';
import type { Credentials } from '../../../src/kube/kubeconfig.ts';
import { rawRecording, recordedAnswer } from '../../fakes/recorded-answers.ts';

const NEVER = new AbortController().signal;
const USER_AGENT = 'fairlead/test';

const toClose: (() => void)[] = [];
afterEach(() => {
  for (const close of toClose.splice(0)) close();
});

describe('ApiClient against recorded bytes', () => {
  it.each(['list-services-page1', 'watchlist-services', 'servicecidrs'])(
    'reads the body of %s',
    async (name) => {
      const { client } = await serveRecording(name);
      expect(await bodyOf(client, '/x')).toEqual(recordedAnswer(name).body);
    },
  );

  it.each([
    ['401', { status: 401, reason: 'Unauthorized' }],
    ['403', { status: 403, reason: 'Forbidden' }],
    ['404', { status: 404, reason: 'NotFound' }],
    ['list-410-expired-continue', { status: 410, reason: 'Expired' }],
    ['list-504-too-large-resource-version', { status: 504, reason: 'Timeout', retryAfterMs: 1000 }],
  ])('throws what %s says', async (name, wanted) => {
    const { client } = await serveRecording(name);
    const error = await client.get('/x', NEVER).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(KubeApiError);
    expect(error).toMatchObject(wanted);
  });

  it('tells refusals apart', async () => {
    const error = async (name: string) =>
      (await serveRecording(name)).client.get('/x', NEVER).catch((error: unknown) => error);
    expect(isExpired(await error('list-410-expired-continue'))).toBe(true);
    expect(isTooLargeResourceVersion(await error('list-504-too-large-resource-version'))).toBe(true);
    expect(isUnavailable(await error('403'))).toBe(true);
    expect(isUnavailable(await error('401'))).toBe(false);
  });

  it('throws, and never ends as if complete, wherever the bytes of an answer are cut', async () => {
    const raw = rawRecording('watch-410-too-old');
    const { client, setAnswer } = await serveRaw(raw);
    for (let cut = 0; cut < raw.length; cut += 1) {
      setAnswer(raw.subarray(0, cut));
      await expect(bodyOf(client, '/x'), `cut after ${cut} bytes`).rejects.toThrow();
    }
    setAnswer(raw);
    expect(await bodyOf(client, '/x')).toEqual(recordedAnswer('watch-410-too-old').body);
  }, 30_000);
});

describe('ApiClient', () => {
  it('says who it is and asks for JSON', async () => {
    const { client, requests } = await serve((_, answer) => answer.end('{}'));
    await bodyOf(client, '/api/v1/services?watch=1');
    expect(requests[0]?.url).toBe('/prefix/api/v1/services?watch=1');
    expect(requests[0]?.headers).toMatchObject({
      accept: 'application/json',
      'user-agent': USER_AGENT,
      authorization: 'Bearer secret',
    });
  });

  it('uses one connection for one request after the other', async () => {
    const { client, connections } = await serve((_, answer) => answer.end('{}'));
    for (let i = 0; i < 5; i += 1) await bodyOf(client, '/x');
    expect(connections()).toBe(1);
  });

  it('gives up when the server does not begin to answer', async () => {
    const { client } = await serve(() => {}, { answerTimeoutMs: 20 });
    await expect(client.get('/x', NEVER)).rejects.toThrow('did not answer within');
  });

  it('ends request and body when the signal says so', async () => {
    const { client, open } = await serve((request, answer) => {
      if (request.url === '/prefix/body') answer.write('a');
    });
    const beforeAnswer = new AbortController();
    const waiting = client.get('/y', beforeAnswer.signal);
    beforeAnswer.abort();
    await expect(waiting).rejects.toThrow(/abort/i);

    const inBody = new AbortController();
    const body = await client.get('/body', inBody.signal);
    inBody.abort();
    await expect(drain(body)).rejects.toThrow(/abort/i);
    await expect.poll(open, { timeout: 4_000 }).toBe(0);
  });

  it('does not wait for credentials that never come', async () => {
    const stuck: Credentials = { server: 'http://127.0.0.1:1', resolve: () => new Promise(() => {}) };
    const client = new ApiClient({ credentials: stuck, userAgent: USER_AGENT });
    const controller = new AbortController();
    const waiting = client.get('/x', controller.signal);
    controller.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
  });

  it('creates objects and patches them', async () => {
    const { client, requests, bodies } = await serve((_, answer) => {
      answer.statusCode = 201;
      answer.end(recordedAnswer('event-created').body);
    });
    await client.create('/events', { a: 1 }, NEVER);
    await client.mergePatch('/events/x', { b: 2 }, NEVER);
    expect(requests.map(({ method, headers }) => [method, headers['content-type']])).toEqual([
      ['POST', 'application/json'],
      ['PATCH', 'application/merge-patch+json'],
    ]);
    expect(bodies).toEqual(['{"a":1}', '{"b":2}']);
  });

  it('begins a new set of connections when the certificates change', async () => {
    let tls = {};
    const { client, connections } = await serve((_, answer) => answer.end('{}'), { tls: () => tls });
    await bodyOf(client, '/x');
    tls = {};
    await bodyOf(client, '/x');
    await bodyOf(client, '/x');
    expect(connections()).toBe(2);
  });
});

async function bodyOf(client: ApiClient, path: string): Promise<Buffer> {
  return drain(await client.get(path, NEVER));
}

async function drain(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

interface ServeOptions {
  readonly answerTimeoutMs?: number;
  readonly tls?: () => object;
}

async function serve(
  onRequest: (request: IncomingMessage, answer: http.ServerResponse) => void,
  { tls = () => NO_TLS, ...options }: ServeOptions = {},
) {
  const requests: IncomingMessage[] = [];
  const bodies: string[] = [];
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = http.createServer(async (request, answer) => {
    requests.push(request);
    if (request.method !== 'GET') bodies.push((await drain(request)).toString());
    onRequest(request, answer);
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listen(server);
  toClose.push(() => server.closeAllConnections());
  const credentials: Credentials = {
    server: `http://127.0.0.1:${port}/prefix`,
    resolve: async () => ({ tls: tls(), headers: { Authorization: 'Bearer secret' } }),
  };
  const client = clientFor(credentials, options);
  return { client, requests, bodies, connections: () => connections, open: () => sockets.size };
}

const NO_TLS = {};

/** Writes a recording to each connection as soon as a request arrives, chunked bodies as recorded, and closes. */
async function serveRaw(first: Buffer) {
  let bytes = first;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(bytes));
  });
  const port = await listen(server);
  const client = clientFor({
    server: `http://127.0.0.1:${port}`,
    resolve: async () => ({ tls: NO_TLS, headers: {} }),
  });
  return {
    client,
    setAnswer: (answer: Buffer): void => {
      bytes = answer;
    },
  };
}

function serveRecording(name: string) {
  return serveRaw(rawRecording(name));
}

function clientFor(credentials: Credentials, options: { readonly answerTimeoutMs?: number } = {}): ApiClient {
  const client = new ApiClient({ credentials, userAgent: USER_AGENT, ...options });
  toClose.push(() => client.close());
  return client;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  toClose.push(() => server.close());
  return (server.address() as AddressInfo).port;
}
