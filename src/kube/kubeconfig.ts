// Where the API server is and how to prove who we are: kubeconfig file, service account or a bare address. The only file that
// loads client-node, and only the part of it that knows kubeconfig, certificates, tokens and exec plugins.
import { readFileSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import { dirname } from 'node:path';
import type { Cluster, User } from '@kubernetes/client-node';
import { KubeConfig, makeAbsolutePath } from '@kubernetes/client-node/dist/config.js';
import { load } from 'js-yaml';
import { arrayOf, objectOf, stringOf } from './json-object.ts';

export interface KubeconfigSource {
  /** Path of a kubeconfig file; empty: the service account of the pod, unless `master` is set. */
  readonly kubeconfig: string;
  /** Address of the API server, before any other; empty for none. */
  readonly master: string;
}

export interface Credentials {
  /** Scheme, host, port and maybe a path, without a slash at the end. */
  readonly server: string;
  /**
   * Reads files and asks plugins as needed, so that rotated certificates and tokens are found. Throws what they throw.
   * `tls` is the same object as long as nothing in it changed.
   */
  resolve(): Promise<{ readonly tls: TlsOptions; readonly headers: OutgoingHttpHeaders }>;
}

export type TlsOptions = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;

/** Neither retry nor patience will help: the file has to be changed. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

/** Throws KubeconfigError for files that cannot be read or that name no server. Precedence as in client-go's BuildConfigFromFlags. */
export function loadCredentials({ kubeconfig, master }: KubeconfigSource): Credentials {
  const { cluster, user } = loadClusterAndUser({ kubeconfig, master });
  const server = serverOf(master || cluster.server);
  const config = new KubeConfig();
  // client-node refuses plain HTTP unless told not to verify the TLS that is not there.
  const skipTLSVerify = cluster.skipTLSVerify || server.startsWith('http:');
  config.loadFromClusterAndUser({ ...cluster, server, skipTLSVerify }, user);
  return { server, resolve: resolverOf(config) };
}

interface ClusterAndUser {
  readonly cluster: Cluster;
  readonly user: User;
}

function loadClusterAndUser({ kubeconfig, master }: KubeconfigSource): ClusterAndUser {
  if (kubeconfig) return loadFile(kubeconfig);
  if (master)
    return { cluster: { name: 'master', server: master, skipTLSVerify: false }, user: { name: '' } };
  const config = new KubeConfig();
  config.loadFromCluster();
  return currentOf(config, 'the service account');
}

function loadFile(path: string): ClusterAndUser {
  const config = new KubeConfig();
  try {
    config.loadFromFile(path);
  } catch (cause) {
    throw new KubeconfigError(`cannot load kubeconfig ${path}: ${String(cause)}`, { cause });
  }
  const { cluster, user } = currentOf(config, `kubeconfig ${path}`);
  return { cluster, user: withTokenFile(user, path) };
}

function currentOf(config: KubeConfig, source: string): ClusterAndUser {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new KubeconfigError(`${source} has no current-context that names a cluster`);
  // Without any user client-node would forget the CA too.
  return { cluster, user: config.getCurrentUser() ?? { name: '' } };
}

/**
 * client-node does not know `tokenFile`, which kubeadm's kube-proxy kubeconfig uses; its authenticator for service accounts
 * does the same, rereading it once a minute.
 */
function withTokenFile(user: User, path: string): User {
  const file = objectOf(load(readFileSync(path, 'utf8')));
  const entry = arrayOf(file['users'])
    .map(objectOf)
    .find(({ name }) => name === user.name);
  const tokenFile = stringOf(objectOf(entry?.['user'])['tokenFile']);
  if (!tokenFile) return user;
  const { token: _, ...rest } = user;
  const config = { tokenFile: makeAbsolutePath(dirname(path), tokenFile) };
  return { ...rest, authProvider: { name: 'tokenFile', config } };
}

function serverOf(address: string): string {
  const server = (address.includes('://') ? address : `http://${address}`).replace(/\/+$/, '');
  if (!URL.canParse(server) || !/^https?:/.test(server))
    throw new KubeconfigError(
      `${server} is no API server address. Set clientConnection.kubeconfig, or run in a pod with a service account`,
    );
  return server;
}

function resolverOf(config: KubeConfig): Credentials['resolve'] {
  let last: TlsOptions = {};
  return async () => {
    const options: RequestOptions = {};
    // Reads the certificate files each time; the agent that it also makes is not used, because it never changes.
    await config.applyToHTTPSOptions(options);
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const tls = definedOnly({ ca, cert, key, servername, rejectUnauthorized });
    if (!isSameTls(tls, last)) last = tls;
    return { tls: last, headers: headersOf(options) };
  };
}

function headersOf({ headers, auth }: RequestOptions): OutgoingHttpHeaders {
  const basic = auth ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return Object.fromEntries(
    // Token files may end with a newline, which no header may hold.
    Object.entries({ ...basic, ...headers }).map(([name, value]) => [name, String(value).trim()]),
  );
}

function definedOnly(
  options: { readonly [Name in keyof TlsOptions]: TlsOptions[Name] | undefined },
): TlsOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function isSameTls(a: TlsOptions, b: TlsOptions): boolean {
  const names = ['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'] as const;
  return names.every((name) => String(a[name]) === String(b[name]));
}
