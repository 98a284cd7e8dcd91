// HTTP to the API server, over one set of kept-alive connections: answers as streams, small requests as JSON.
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { errorFromAnswer } from './api-error.ts';
import { type ByteStream, inTurns } from './byte-stream.ts';
import { parseJson } from './json-object.ts';
import type { Credentials, TlsOptions } from './kubeconfig.ts';
import { type Exchange, observeRequest, type RequestObserver } from './request-observer.ts';

/** What a reflector needs of an API server. */
export interface ApiReader {
  /**
   * The body of a GET of path and query, as it arrives. Throws KubeApiError for an answer that is no success, and what
   * node:net says when there is none. The signal ends request and body.
   */
  get(path: string, signal: AbortSignal): Promise<ByteStream>;
}

/** What an event recorder needs of an API server. */
export interface ApiWriter {
  /** Throws as `get` does. */
  create(path: string, object: unknown, signal: AbortSignal): Promise<void>;
  /** JSON merge patch (RFC 7386). Throws as `get` does. */
  mergePatch(path: string, patch: unknown, signal: AbortSignal): Promise<void>;
}

export interface ApiClientOptions {
  readonly credentials: Credentials;
  readonly userAgent: string;
  readonly observer?: RequestObserver;
  /** How long the server may take to begin its answer. */
  readonly answerTimeoutMs?: number;
}

const ANSWER_TIMEOUT_MS = 60_000;
/** Libuv probes every second after the first probe, ten times: a vanished peer is noticed after 40 s. */
const TCP_KEEPALIVE_MS = 30_000;
/** One for each watch, and some for events. */
const MAX_SOCKETS = 16;
const MAX_ERROR_BYTES = 64 * 1024;

const NOBODY: RequestObserver = { onBegun: () => {}, onEnded: () => {} };

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

/** An answer that has begun, and the exchange that it is part of. */
interface Answered {
  readonly answer: IncomingMessage;
  readonly exchange: Exchange;
}

export class ApiClient implements ApiReader, ApiWriter {
  readonly #credentials: Credentials;
  readonly #userAgent: string;
  readonly #observer: RequestObserver;
  readonly #answerTimeoutMs: number;
  #agent: http.Agent | undefined;
  #agentTls: TlsOptions | undefined;

  constructor(options: ApiClientOptions) {
    const { credentials, userAgent, observer = NOBODY, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options;
    this.#credentials = credentials;
    this.#userAgent = userAgent;
    this.#observer = observer;
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  async get(path: string, signal: AbortSignal): Promise<ByteStream> {
    const { answer, exchange } = await this.#request({ method: 'GET', path, signal });
    return inTurns(exchange.counted(answer));
  }

  create(path: string, object: unknown, signal: AbortSignal): Promise<void> {
    return this.#write({
      method: 'POST',
      path,
      body: JSON.stringify(object),
      contentType: 'application/json',
      signal,
    });
  }

  mergePatch(path: string, patch: unknown, signal: AbortSignal): Promise<void> {
    return this.#write({
      method: 'PATCH',
      path,
      body: JSON.stringify(patch),
      contentType: 'application/merge-patch+json',
      signal,
    });
  }

  /** Closes idle connections. Those in use end with their signals: abort these before. */
  close(): void {
    this.#agent?.destroy();
  }

  async #write(request: Request): Promise<void> {
    const { answer, exchange } = await this.#request(request);
    exchange.discard(answer);
  }

  async #request(request: Request): Promise<Answered> {
    const { answer, exchange } = await this.#exchange(request);
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return { answer, exchange };
    const text = await readText(exchange.counted(answer), MAX_ERROR_BYTES);
    throw errorFromAnswer(status, parseJson(text), retryAfterMs(answer));
  }

  async #exchange(request: Request): Promise<Answered> {
    const { method, path, body = '' } = request;
    const { host } = new URL(this.#credentials.server);
    const sentBytes = Buffer.byteLength(body);
    const exchange = observeRequest(this.#observer, { method, path, host, sentBytes });
    try {
      const answer = await this.#send(request);
      exchange.begun(answer.statusCode);
      return { answer, exchange };
    } catch (error) {
      exchange.begun(undefined);
      throw error;
    }
  }

  async #send({ method, path, body, contentType, signal }: Request): Promise<IncomingMessage> {
    const { server } = this.#credentials;
    const { tls, headers } = await orAborted(this.#credentials.resolve(), signal);
    const transport = server.startsWith('http:') ? http : https;
    const request = transport.request(`${server}${path}`, {
      method,
      agent: this.#agentFor(tls),
      signal,
      headers: {
        Accept: 'application/json',
        'Accept-Encoding': 'identity',
        'User-Agent': this.#userAgent,
        ...(contentType ? { 'Content-Type': contentType } : {}),
        ...headers,
      },
    });
    request.setSocketKeepAlive(true, TCP_KEEPALIVE_MS);
    return answerOf(request.end(body), this.#answerTimeoutMs);
  }

  /** The connections belong to the credentials that they were made with, so rotated ones begin a new set. */
  #agentFor(tls: TlsOptions): http.Agent {
    if (this.#agent && this.#agentTls === tls) return this.#agent;
    if (this.#agent) retire(this.#agent);
    const { Agent } = this.#credentials.server.startsWith('http:') ? http : https;
    this.#agent = new Agent({
      ...tls,
      keepAlive: true,
      keepAliveMsecs: TCP_KEEPALIVE_MS,
      maxSockets: MAX_SOCKETS,
    });
    this.#agentTls = tls;
    return this.#agent;
  }
}

/** Closes idle connections at once, and the others when their requests end. */
function retire(agent: http.Agent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}

function answerOf(request: ClientRequest, timeoutMs: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      request.destroy(new Error(`the API server did not answer within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    request.on('close', () => clearTimeout(timer));
    request.on('error', reject);
    request.on('response', (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

/** An exec plugin may hang. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The beginning of the body, as much as arrives: what it says is only for the log. */
async function readText(answer: ByteStream, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) break;
    }
  } catch {
    // The status is known already, and says enough.
  }
  return Buffer.concat(chunks).toString();
}

function retryAfterMs({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['retry-after']);
  return seconds > 0 ? seconds * 1000 : undefined;
}
