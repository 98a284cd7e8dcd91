import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { HttpHandler, HttpRequest } from '../../../src/status/http-listener.ts';
import { type MetricsServerOptions, metricsRoutes } from '../../../src/status/metrics-server.ts';
import { ask } from './ask.ts';

const PLAIN_TEXT = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' };

const STATUS = { version: '1.2.3', runtime: 'v24.21.0', startedAtMs: 0, nowMs: 3_723_000 };

function server(options: Partial<MetricsServerOptions> = {}): HttpHandler {
  return metricsRoutes({
    metricsText: async () => '# TYPE a_total counter\na_total 1\n',
    proxyMode: 'iptables',
    configz: '{"kubeproxy.config.k8s.io":{}}',
    flags: new Map([
      ['config', '/c'],
      ['v', '2'],
    ]),
    statusz: () => STATUS,
    hasProfiling: false,
    ...options,
  });
}

function get(path: string, fields: Partial<HttpRequest> = {}, hasProfiling = false) {
  return ask(server({ hasProfiling }), path, fields);
}

describe('the metrics server', () => {
  it('says the mode without a newline', async () => {
    expect(await get('/proxyMode')).toEqual({ status: 200, headers: PLAIN_TEXT, body: 'iptables' });
  });

  it('shows the configuration', async () => {
    const { headers, body } = await get('/configz');
    expect(headers['Content-Type']).toBe('application/json');
    expect(body).toBe('{"kubeproxy.config.k8s.io":{}}');
  });

  it.each([
    ['/healthz', 'ok'],
    ['/healthz/ping', 'ok'],
    ['/healthz?verbose', '[+]ping ok\nhealthz check passed\n'],
    ['/healthz?exclude=ping', 'ok'],
    ['/healthz?verbose=1&exclude=ping', '[+]ping excluded: ok\nhealthz check passed\n'],
    [
      '/healthz?verbose&exclude=etcd',
      '[+]ping ok\nwarn: some health checks cannot be excluded: no matches for "etcd"\nhealthz check passed\n',
    ],
  ])('%s answers %j', async (path, body) => {
    expect(await get(path)).toEqual({ status: 200, headers: PLAIN_TEXT, body });
  });

  it('gives metrics as plain text, and as OpenMetrics to who prefers it', async () => {
    const plain = await get('/metrics');
    expect(plain.headers['Content-Type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(plain.body).toContain('# TYPE a_total counter\n');
    const open = await get('/metrics', { accept: 'application/openmetrics-text;version=1.0.0' });
    expect(open.headers['Content-Type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.body).toBe('# TYPE a counter\na_total 1\n# EOF\n');
  });
});

describe('/metrics/slis', () => {
  const RESULT = 'kubernetes_healthcheck{name="ping",type="healthz"} 1\n';

  it('tells how the health check went, each time that it was made, until it is reset', async () => {
    const handler = server();
    expect((await ask(handler, '/metrics/slis')).body).not.toContain(RESULT);
    await ask(handler, '/healthz');
    await ask(handler, '/healthz?verbose');
    await ask(handler, '/healthz?exclude=ping');
    const { headers, body } = await ask(handler, '/metrics/slis');
    expect(headers['Content-Type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body).toContain(RESULT);
    expect(body).toContain('kubernetes_healthchecks_total{name="ping",type="healthz",status="success"} 2\n');
    expect((await ask(handler, '/metrics/slis', { method: 'DELETE' })).body).toBe('metrics reset\n');
    expect((await ask(handler, '/metrics/slis')).body).not.toContain(RESULT);
  });

  it('is there in OpenMetrics, too', async () => {
    const { body } = await get('/metrics/slis', { accept: 'application/openmetrics-text' });
    expect(body).toContain('# TYPE kubernetes_healthchecks counter\n');
  });
});

describe('the pages for people', () => {
  it('show the flags', async () => {
    const { status, headers, body } = await get('/flagz');
    expect([status, headers]).toEqual([200, PLAIN_TEXT]);
    expect(body).toMatch(/^\nkube-proxy flags\n.*\n\nconfig=\/c\nv=2\n$/);
  });

  it('show what runs, since when, and what else there is to see', async () => {
    const { body } = await get('/statusz');
    expect(body).toMatch(/^\nkube-proxy statusz\n/);
    expect(body).toContain('\nStarted: Thu, 01 Jan 1970 00:00:00 GMT\nUp: 1 hr 02 min 03 sec\n');
    expect(body).toContain('\nBinary version: Fairlead 1.2.3\n');
    expect(body).toMatch(/^Paths: .*\/metrics\/slis .*\/configz \/flagz \/statusz$/m);
  });

  it.each([
    ['*/*', 200],
    ['text/plain;charset=utf-8', 200],
    ['application/json;as=Flagz;v=v1beta1;g=config.k8s.io, text/plain;q=0.5', 200],
    ['application/json;as=Flagz;v=v1beta1;g=config.k8s.io', 406],
  ])('have text only: who accepts %s gets %i', async (accept, status) => {
    expect((await get('/flagz', { accept })).status).toBe(status);
    expect((await get('/statusz', { accept })).status).toBe(status);
  });

  it('are not there when their feature gates are off', async () => {
    const handler = server({ flags: undefined, statusz: undefined });
    expect((await ask(handler, '/flagz')).status).toBe(404);
    expect((await ask(handler, '/statusz')).status).toBe(404);
  });
});

describe('profiling', () => {
  it('is not there unless it is switched on', async () => {
    expect((await get('/debug/cpuprofile')).status).toBe(404);
    expect((await get('/debug/heapsnapshot')).status).toBe(404);
  });

  it('takes a profile of the processor', async () => {
    const { status, body } = await get('/debug/cpuprofile?seconds=0.05', {}, true);
    expect(status).toBe(200);
    expect(JSON.parse(body as string)).toHaveProperty('samples');
  });

  it.each(['0', '-1', '61', 'x'])('refuses %s seconds', async (seconds) => {
    expect((await get(`/debug/cpuprofile?seconds=${seconds}`, {}, true)).status).toBe(400);
  });

  it('gives heap snapshots on the loopback only, because they contain secrets', async () => {
    expect((await get('/debug/heapsnapshot', { isLoopback: false }, true)).status).toBe(403);
    const { status, body } = await get('/debug/heapsnapshot', {}, true);
    expect(status).toBe(200);
    (body as Readable).destroy();
  });
});
