import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../src/status/http-listener.ts';
import { metricsRoutes } from '../../../src/status/metrics-server.ts';
import { ask } from './ask.ts';

const PLAIN_TEXT = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' };

function get(path: string, fields: Partial<HttpRequest> = {}, hasProfiling = false) {
  const handler = metricsRoutes({
    metricsText: async () => '# TYPE a_total counter\na_total 1\n',
    proxyMode: 'iptables',
    configz: '{"kubeproxy.config.k8s.io":{}}',
    hasProfiling,
  });
  return ask(handler, path, fields);
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
