// One HTTP server on one address. Node's server, with the headers that Go's would send, and patience where it cannot listen.
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BaseLogger } from 'pino';
import type { Ip } from '../model/ip.ts';
import type { Clock } from '../util/clock.ts';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The header; empty if there is none. */
  readonly accept: string;
  /** The client is on this machine, and came over the loopback. */
  readonly isLoopback: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable;
}

export type HttpHandler = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;

export interface HttpListenerOptions {
  readonly ip: Ip;
  /** 0: one that is free, see `port`. */
  readonly port: number;
  /** :: leaves IPv4 to others; otherwise it takes both families, as in Go. */
  readonly isIpv6Only: boolean;
  readonly handler: HttpHandler;
  /** Told of each try that failed. */
  readonly onError: (error: Error) => void;
  /** undefined: there is one try. */
  readonly retryMs: number | undefined;
  readonly clock: Clock;
  readonly log: Pick<BaseLogger, 'warn'>;
}

/** Nobody who asks for a health state needs longer. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Load balancers ask every few seconds over one connection, and must not meet its end. */
const KEEP_ALIVE_MS = 120_000;

export class HttpListener {
  readonly #options: HttpListenerOptions;
  readonly #server: http.Server;
  #cancelRetry: () => void = () => {};
  #isClosed = false;

  /** Begins to listen at once. */
  constructor(options: HttpListenerOptions) {
    this.#options = options;
    this.#server = http.createServer(
      { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS },
      (request, response) => void answer(request, response, options),
    );
    this.#server.on('error', (error) => this.#onError(error));
    this.#listen();
  }

  /** 0 as long as it does not listen. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  }

  /** The port is free again when it returns. Open connections are cut. */
  close(): void {
    this.#isClosed = true;
    this.#cancelRetry();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #listen(): void {
    const { ip, port, isIpv6Only } = this.#options;
    this.#server.listen({ host: ip, port, ipv6Only: isIpv6Only });
  }

  #onError(error: Error): void {
    const { onError, retryMs, clock, log } = this.#options;
    if (this.#isClosed) return;
    if (this.#server.listening) {
      // No file descriptor for a connection, say. The server goes on.
      log.warn({ err: error }, 'cannot accept an HTTP connection');
      return;
    }
    onError(error);
    if (retryMs !== undefined) this.#cancelRetry = clock.after(retryMs, () => this.#listen());
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { handler, log }: HttpListenerOptions,
): Promise<void> {
  try {
    request.resume();
    const { status, headers, body } = await handler(requestOf(request));
    // Go says nothing of the connection, which persists all the same.
    response.removeHeader('Connection');
    // Not writeHead, after which the length of the body could not be told any more.
    response.statusCode = status;
    response.setHeaders(new Map(Object.entries(headers)));
    if (typeof body === 'string') response.end(body);
    else await pipeline(body, response);
  } catch (error) {
    log.warn({ err: error, path: request.url }, 'cannot answer an HTTP request');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.statusCode = 500;
    response.end();
  }
}

function requestOf({ method = 'GET', url = '/', headers, socket }: IncomingMessage): HttpRequest {
  const [path = '/', query = ''] = url.split('?', 2);
  return {
    method,
    path,
    query: new URLSearchParams(query),
    accept: headers.accept ?? '',
    isLoopback: isLoopback(socket.remoteAddress) && isLoopback(socket.localAddress),
  };
}

function isLoopback(address = ''): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
