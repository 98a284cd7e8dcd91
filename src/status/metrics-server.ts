// The paths of the metrics server, port 10249, on the loopback unless the operator says otherwise.
import { jsonAnswer, routes, textAnswer } from './answers.ts';
import { OPEN_METRICS, prefersOpenMetrics, TEXT_FORMAT, toOpenMetrics } from './exposition.ts';
import type { HttpAnswer, HttpHandler, HttpRequest } from './http-listener.ts';
import { profilingPaths } from './profiling.ts';

export interface MetricsServerOptions {
  /** All metrics in text format 0.0.4. */
  readonly metricsText: () => Promise<string>;
  readonly proxyMode: string;
  /** JSON. */
  readonly configz: string;
  readonly hasProfiling: boolean;
}

export function metricsRoutes(options: MetricsServerOptions): HttpHandler {
  const { metricsText, proxyMode, configz, hasProfiling } = options;
  return routes(
    new Map<string, HttpHandler>([
      ['/healthz', healthz],
      ['/healthz/ping', () => textAnswer('ok')],
      ['/metrics', async ({ accept }) => metricsAnswer(await metricsText(), accept)],
      ['/proxyMode', () => textAnswer(proxyMode)],
      ['/configz', () => jsonAnswer(configz)],
      ...(hasProfiling ? profilingPaths() : []),
    ]),
  );
}

function metricsAnswer(text: string, accept: string): HttpAnswer {
  const isOpen = prefersOpenMetrics(accept);
  const headers = { 'Content-Type': isOpen ? OPEN_METRICS : TEXT_FORMAT };
  return { status: 200, headers, body: isOpen ? toOpenMetrics(text) : text };
}

/** The one check, and its words, of staging/src/k8s.io/apiserver/pkg/server/healthz/healthz.go. */
function healthz({ query }: HttpRequest): HttpAnswer {
  if (!query.has('verbose')) return textAnswer('ok');
  const excluded = new Set(query.getAll('exclude'));
  const ping = excluded.delete('ping') ? '[+]ping excluded: ok\n' : '[+]ping ok\n';
  const names = Array.from(excluded, (name) => JSON.stringify(name)).join(', ');
  const warning = names && `warn: some health checks cannot be excluded: no matches for ${names}\n`;
  return textAnswer(`${ping}${warning}healthz check passed\n`);
}
