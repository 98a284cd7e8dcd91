import http from 'node:http';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ip } from '../../../src/model/ip.ts';
import { HttpListener, type HttpListenerOptions } from '../../../src/status/http-listener.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { getRaw, listening } from './sockets.ts';

const LOCALHOST = '127.0.0.1' as Ip;

let clock: FakeClock;
let errors: Error[];
let warnings: unknown[];
let listeners: HttpListener[];

beforeEach(() => {
  clock = new FakeClock();
  [errors, warnings, listeners] = [[], [], []];
});

afterEach(() => {
  for (const listener of listeners) listener.close();
});

function open(options: Partial<HttpListenerOptions> = {}): HttpListener {
  const listener = new HttpListener({
    ip: LOCALHOST,
    port: 0,
    isIpv6Only: false,
    handler: ({ path, query, isLoopback }) => ({
      status: 200,
      headers: { 'Content-Type': 'text/plain' },
      body: `${path} ${query} ${isLoopback}`,
    }),
    onError: (error) => errors.push(error),
    retryMs: 5_000,
    clock,
    log: { warn: (fields: unknown) => warnings.push(fields) } as never,
    ...options,
  });
  listeners.push(listener);
  return listener;
}

describe('HttpListener', () => {
  it('answers with the headers of Go, and keeps the connection', async () => {
    const listener = open();
    await listening(listener);
    const raw = await getRaw(listener.port, '/a/b?c=d');
    expect(raw.replace(/^Date: .*\r\n/m, '')).toBe(
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\n/a/b c=d true',
    );
  });

  it('takes every method', async () => {
    const listener = open();
    await listening(listener);
    expect(await getRaw(listener.port, '/x', 'DELETE')).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('answers 500 when a handler fails, and goes on', async () => {
    const listener = open({
      handler: () => {
        throw new Error('broken');
      },
    });
    await listening(listener);
    expect(await getRaw(listener.port, '/')).toMatch(/^HTTP\/1\.1 500/);
    expect(warnings).toMatchObject([{ err: { message: 'broken' } }]);
    expect(await getRaw(listener.port, '/')).toMatch(/^HTTP\/1\.1 500/);
  });

  it('tries again until a port that is taken is free', async () => {
    const occupant = createServer();
    const port = await new Promise<number>((resolve) => {
      occupant.listen(0, LOCALHOST, () => resolve((occupant.address() as { port: number }).port));
    });
    const listener = open({ port });
    await clock.advance(0);
    await expect.poll(() => errors.length).toBe(1);
    expect(errors[0]).toMatchObject({ code: 'EADDRINUSE' });
    await new Promise((resolve) => occupant.close(resolve));
    await clock.advance(5_000);
    await listening(listener);
    expect(listener.port).toBe(port);
  });

  it('tries once when it is told so', async () => {
    const first = open();
    await listening(first);
    open({ port: first.port, retryMs: undefined });
    await expect.poll(() => errors.length).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('frees its port and cuts its connections when it is closed', async () => {
    const listener = open();
    await listening(listener);
    const { port } = listener;
    const agent = new http.Agent({ keepAlive: true });
    const closed = new Promise((resolve) => {
      http.get({ port, host: LOCALHOST, agent }, (answer) => {
        answer.resume();
        answer.socket.on('close', resolve);
        listener.close();
      });
    });
    await closed;
    const next = open({ port });
    await listening(next);
    expect(errors).toEqual([]);
    agent.destroy();
  });
});
