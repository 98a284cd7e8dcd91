// The paths of the metrics server, port 10249, on the loopback unless the operator says otherwise.
import { jsonAnswer, routes, textAnswer } from './answers.ts';
import { OPEN_METRICS, prefersOpenMetrics, TEXT_FORMAT, toOpenMetrics } from './exposition.ts';
import type { HttpAnswer, HttpHandler, HttpRequest } from './http-listener.ts';
import { profilingPaths } from './profiling.ts';
import { createSlis, type Slis } from './slis.ts';
import { flagzPage, type Statusz, statuszPage, textPage } from './zpages.ts';

export interface MetricsServerOptions {
  /** All metrics in text format 0.0.4. */
  readonly metricsText: () => Promise<string>;
  readonly proxyMode: string;
  /** JSON. */
  readonly configz: string;
  /** By name; undefined: /flagz is switched off. */
  readonly flags: ReadonlyMap<string, string> | undefined;
  /** undefined: /statusz is switched off. */
  readonly statusz: (() => Omit<Statusz, 'paths'>) | undefined;
  readonly hasProfiling: boolean;
}

export function metricsRoutes(options: MetricsServerOptions): HttpHandler {
  return routes(metricsPaths(options));
}

/** What the server has, by path. */
export function metricsPaths(options: MetricsServerOptions): ReadonlyMap<string, HttpHandler> {
  const { metricsText, proxyMode, configz, flags, statusz, hasProfiling } = options;
  const slis = createSlis();
  const paths = new Map<string, HttpHandler>([
    ['/healthz', (request) => healthz(request, slis)],
    ['/healthz/ping', () => textAnswer('ok')],
    ['/metrics', async ({ accept }) => metricsAnswer(await metricsText(), accept)],
    ['/metrics/slis', (request) => slisAnswer(request, slis)],
    ['/proxyMode', () => textAnswer(proxyMode)],
    ['/configz', () => jsonAnswer(configz)],
    ...(hasProfiling ? profilingPaths() : []),
  ]);
  if (flags) paths.set('/flagz', ({ accept }) => textPage(flagzPage(flags), accept));
  if (statusz)
    paths.set('/statusz', ({ accept }) =>
      textPage(statuszPage({ ...statusz(), paths: [...paths.keys()] }), accept),
    );
  return paths;
}

function metricsAnswer(text: string, accept: string): HttpAnswer {
  const isOpen = prefersOpenMetrics(accept);
  const headers = { 'Content-Type': isOpen ? OPEN_METRICS : TEXT_FORMAT };
  return { status: 200, headers, body: isOpen ? toOpenMetrics(text) : text };
}

/** Only DELETE changes anything, as upstream. */
async function slisAnswer({ method, accept }: HttpRequest, slis: Slis): Promise<HttpAnswer> {
  if (method !== 'DELETE') return metricsAnswer(await slis.text(), accept);
  slis.reset();
  return textAnswer('metrics reset\n');
}

/** The one check, and its words, of staging/src/k8s.io/apiserver/pkg/server/healthz/healthz.go. */
function healthz({ query }: HttpRequest, slis: Slis): HttpAnswer {
  const excluded = new Set(query.getAll('exclude'));
  const isExcluded = excluded.delete('ping');
  if (!isExcluded) slis.onHealthCheck();
  if (!query.has('verbose')) return textAnswer('ok');
  const ping = isExcluded ? '[+]ping excluded: ok\n' : '[+]ping ok\n';
  const names = Array.from(excluded, (name) => JSON.stringify(name)).join(', ');
  const warning = names && `warn: some health checks cannot be excluded: no matches for ${names}\n`;
  return textAnswer(`${ping}${warning}healthz check passed\n`);
}
