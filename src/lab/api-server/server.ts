// The lab's API server: HTTPS in front of the registry, on as many listening sockets as the lab has networks.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Answer, statusAnswer } from './answer.ts';
import { authenticate, authorize, authorizePath, type User } from './authorization.ts';
import { withClusterRoles } from './cluster-roles.ts';
import { handlePath } from './path-handler.ts';
import { parseRequest } from './request-info.ts';
import { type HandlerDeps, handleResource } from './resource-handler.ts';
import { internalError, requestEntityTooLarge, StatusError } from './status-error.ts';

export interface ApiServerOptions extends HandlerDeps {
  readonly users: readonly User[];
  /** PEM. */
  readonly tls: { readonly key: string; readonly cert: string };
  readonly fault?: Fault;
}

/**
 * For tests: sees each request before the server does. It answers the request itself (or destroys its socket) and returns
 * true, or returns false to let the server answer, possibly later.
 */
export type Fault = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** Where to listen: a port of 127.0.0.1 (0 for any), or a bound socket, in whatever network namespace. */
export type Endpoint = { readonly port: number } | { readonly fd: number };

/** The real one refuses bodies of more than 3 MiB. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #servers: Server[] = [];

  constructor(options: ApiServerOptions) {
    this.#options = options;
  }

  /** Adds a listener and returns its port. */
  async listen(endpoint: Endpoint): Promise<number> {
    const server = createServer(this.#options.tls, (request, response) => {
      void this.#serve(request, response);
    });
    // Watches are open for as long as they like.
    server.requestTimeout = 0;
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen('fd' in endpoint ? endpoint : { host: '127.0.0.1', ...endpoint }, resolve);
    });
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Stops listening and cuts what is open. */
  async close(): Promise<void> {
    const servers = this.#servers.splice(0);
    await Promise.all(
      servers.map((server) => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        return closed;
      }),
    );
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (await this.#options.fault?.(request, response)) return;
      await send(request, response, await this.#answer(request, response));
    } catch {
      // The client has gone, or the answer broke off: nobody is left to be told.
      response.destroy();
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    try {
      return await answerRequest(this.#options, request, response);
    } catch (error) {
      return statusAnswer(error instanceof StatusError ? error : internalError(String(error)));
    }
  }
}

async function answerRequest(
  options: ApiServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Answer> {
  const signal = closeSignal(response);
  const user = authenticate(options.users, request.headers.authorization);
  const url = new URL(request.url ?? '/', 'https://server');
  const parsed = parseRequest(request.method ?? 'GET', url);
  if (parsed.kind === 'path') {
    authorizePath(user, parsed.path);
    return handlePath(parsed.path);
  }
  authorize(withClusterRoles(options.store, user), parsed);
  return handleResource(options, {
    request: parsed,
    query: url.searchParams,
    accept: request.headers.accept,
    body: {
      contentType: (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '',
      bytes: await readBody(request),
    },
    signal,
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw requestEntityTooLarge(MAX_BODY_BYTES);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function closeSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

async function send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const { code, headers = {}, body, contentType = 'application/json' } = answer;
  response.writeHead(code, {
    'Audit-Id': randomUUID(),
    'Cache-Control': 'no-cache, private',
    'Content-Type': contentType,
    ...headers,
  });
  if (typeof body === 'string') {
    response.end(isForPeople(request, answer) ? `${JSON.stringify(JSON.parse(body), undefined, 2)}\n` : body);
    return;
  }
  // Otherwise a quiet watch would not even show its status line.
  response.flushHeaders();
  await pipeline(Readable.from(body), response);
}

/** The real one indents for curl, wget and browsers. */
function isForPeople({ headers, url }: IncomingMessage, { contentType }: Answer): boolean {
  const agent = headers['user-agent'] ?? '';
  return (
    contentType === undefined && (/^(curl|Wget|Mozilla)\//.test(agent) || /[?&]pretty=true/.test(url ?? ''))
  );
}
