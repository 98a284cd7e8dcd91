// Answers as Go's servers give them, and tables of paths.
import type { HttpAnswer, HttpHandler } from './http-listener.ts';

const NO_SNIFF = { 'X-Content-Type-Options': 'nosniff' };
const PLAIN_TEXT = { 'Content-Type': 'text/plain; charset=utf-8', ...NO_SNIFF };

/** Paths match exactly. Every method is good, as on kube-proxy's servers. */
export function routes(table: ReadonlyMap<string, HttpHandler>): HttpHandler {
  return (request) => table.get(request.path)?.(request) ?? NOT_FOUND;
}

const NOT_FOUND: HttpAnswer = textAnswer('404 page not found\n', 404);

export function textAnswer(body: string, status = 200): HttpAnswer {
  return { status, headers: PLAIN_TEXT, body };
}

/** `json` is sent as it is: who asks may compare bytes. */
export function jsonAnswer(json: string, status = 200, headers: HttpAnswer['headers'] = {}): HttpAnswer {
  return { status, headers: { 'Content-Type': 'application/json', ...NO_SNIFF, ...headers }, body: json };
}
