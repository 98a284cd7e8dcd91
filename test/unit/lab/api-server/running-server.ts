// The lab's API server, listening on loopback, and a client of it.
import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { CLUSTER_ADMIN_RULES, NODE_PROXIER_RULES } from '../../../../src/lab/api-server/authorization.ts';
import {
  makeServerCertificate,
  type ServerCertificate,
} from '../../../../src/lab/api-server/certificates.ts';
import { ApiServer, type Endpoint, type Fault } from '../../../../src/lab/api-server/server.ts';
import { exec } from '../../../../src/system/exec.ts';
import { type TestCluster, testCluster } from './cluster-builder.ts';

export const ADMIN = { name: 'admin', token: 'admin-token', rules: CLUSTER_ADMIN_RULES };
export const PROXY = { name: 'system:kube-proxy', token: 'proxy-token', rules: NODE_PROXIER_RULES };

export interface RunningServer {
  readonly cluster: TestCluster;
  readonly tls: ServerCertificate;
  readonly port: number;
  /** Adds a listener and returns its port. */
  listen(endpoint: Endpoint): Promise<number>;
  close(): Promise<void>;
}

export interface Call {
  readonly method?: string;
  /** undefined for none. */
  readonly token?: string | undefined;
  readonly contentType?: string;
  readonly body?: unknown;
  readonly headers?: OutgoingHttpHeaders;
  readonly port?: number;
}

export async function runServer({ fault }: { readonly fault?: Fault } = {}): Promise<RunningServer> {
  const cluster = testCluster();
  const tls = await makeServerCertificate(exec, { dnsNames: ['localhost'], ips: ['127.0.0.1'] });
  const server = new ApiServer({ ...cluster, users: [ADMIN, PROXY], tls, ...(fault ? { fault } : {}) });
  const port = await server.listen({ port: 0 });
  const { listen, close } = { listen: server.listen.bind(server), close: server.close.bind(server) };
  return { cluster, tls, port, listen, close };
}

/** The answer, its body not yet read. */
export async function open(server: RunningServer, path: string, call: Call = {}): Promise<IncomingMessage> {
  const { method = 'GET', token = 'token' in call ? call.token : ADMIN.token, contentType, body } = call;
  const sent = request({
    host: '127.0.0.1',
    port: call.port ?? server.port,
    path,
    method,
    ca: server.tls.ca,
    agent: new Agent({ keepAlive: false }),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
      ...call.headers,
    },
  });
  sent.end(
    typeof body === 'string' || body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  );
  const [answer] = await once(sent, 'response');
  return answer;
}

export async function call(server: RunningServer, path: string, options: Call = {}) {
  const answer = await open(server, path, options);
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) };
}

/** For answers that are JSON. */
export async function callJson(server: RunningServer, path: string, options: Call = {}) {
  const { status, headers, text } = await call(server, path, options);
  return { status, headers, body: JSON.parse(text) };
}
