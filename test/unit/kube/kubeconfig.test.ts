import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../../src/kube/api-client.ts';
import { KubeconfigError, loadCredentials } from '../../../src/kube/kubeconfig.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-kubeconfig-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe('loadCredentials', () => {
  it('takes server, CA and client certificate from a kubeconfig, files relative to it', async () => {
    for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, name), name.toUpperCase());
    const credentials = load({
      cluster: { 'certificate-authority': 'ca', 'tls-server-name': 'api' },
      user: { 'client-certificate': 'cert', 'client-key': 'key' },
    });
    const { tls } = await credentials.resolve();
    expect(credentials.server).toBe('https://192.0.2.1:6443');
    expect(tls).toEqual({
      ca: Buffer.from('CA'),
      cert: Buffer.from('CERT'),
      key: Buffer.from('KEY'),
      servername: 'api',
    });
  });

  it('finds a rotated client certificate, and keeps one object while nothing changes', async () => {
    writeFileSync(join(folder, 'cert'), 'OLD');
    const { resolve } = load({ user: { 'client-certificate': 'cert' } });
    const first = (await resolve()).tls;
    expect((await resolve()).tls).toBe(first);
    writeFileSync(join(folder, 'cert'), 'NEW');
    expect((await resolve()).tls).toEqual({ cert: Buffer.from('NEW') });
  });

  it("rereads a token file once a minute, as kubeadm's kube-proxy needs it", async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    writeFileSync(join(folder, 'token'), 'old\n');
    const { resolve } = load({ user: { tokenFile: 'token', token: 'stale' } });
    expect((await resolve()).headers).toEqual({ Authorization: 'Bearer old' });
    writeFileSync(join(folder, 'token'), 'new\n');
    vi.advanceTimersByTime(61_000);
    expect((await resolve()).headers).toEqual({ Authorization: 'Bearer new' });
  });

  it('asks an exec plugin', async () => {
    const credential = JSON.stringify({ kind: 'ExecCredential', status: { token: 'from-plugin' } });
    const { resolve } = load({ user: { exec: { command: '/bin/echo', args: [credential] } } });
    expect((await resolve()).headers).toEqual({ Authorization: 'Bearer from-plugin' });
  });

  it('sends a user name and a password', async () => {
    const { resolve } = load({ user: { username: 'a', password: 'b' } });
    expect((await resolve()).headers).toEqual({ Authorization: 'Basic YTpi' });
  });

  it('uses the CA of a context without a user', async () => {
    writeFileSync(join(folder, 'ca'), 'CA');
    const { resolve } = load({ cluster: { 'certificate-authority': 'ca' }, context: { user: undefined } });
    expect((await resolve()).tls).toEqual({ ca: Buffer.from('CA') });
  });

  it('lets the master address override the one in the kubeconfig', async () => {
    const credentials = load({ master: 'https://198.51.100.1:443/', user: { token: 'secret' } });
    expect(credentials.server).toBe('https://198.51.100.1:443');
    expect((await credentials.resolve()).headers).toEqual({ Authorization: 'Bearer secret' });
  });

  it('takes a bare master address for plain HTTP, without credentials', async () => {
    const credentials = loadCredentials({ kubeconfig: '', master: '127.0.0.1:8080' });
    expect(credentials.server).toBe('http://127.0.0.1:8080');
    expect((await credentials.resolve()).headers).toEqual({});
  });

  it('falls back to the service account of the pod', () => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', 'fd00::1');
    vi.stubEnv('KUBERNETES_SERVICE_PORT', '443');
    expect(loadCredentials({ kubeconfig: '', master: '' }).server).toBe('https://[fd00::1]:443');
  });

  it('says what to do outside a cluster', () => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', undefined);
    vi.stubEnv('KUBERNETES_SERVICE_PORT', undefined);
    expect(() => loadCredentials({ kubeconfig: '', master: '' })).toThrow(/Set clientConnection.kubeconfig/);
  });

  it.each([
    ['missing', undefined],
    ['no YAML', '{'],
    ['empty', '{}'],
    ['without the named context', 'current-context: x\ncontexts: []'],
  ])('names the file that is %s', (_, text) => {
    const kubeconfig = join(folder, 'kubeconfig');
    if (text !== undefined) writeFileSync(kubeconfig, text);
    const attempt = () => loadCredentials({ kubeconfig, master: '' });
    expect(attempt).toThrow(KubeconfigError);
    expect(attempt).toThrow(kubeconfig);
  });
});

describe('a server with TLS', () => {
  it('is trusted by its CA only, and again after the CA was rotated', async () => {
    const [oldPair, newPair] = [selfSigned('old'), selfSigned('new')];
    const server = https.createServer(oldPair, (_, answer) => answer.end('{}'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    writeFileSync(join(folder, 'ca'), oldPair.cert);
    const master = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = load({ master, cluster: { 'certificate-authority': 'ca' } });
    const client = new ApiClient({ credentials, userAgent: 'fairlead/test' });
    const get = async () => {
      for await (const _ of await client.get('/x', new AbortController().signal));
    };
    await get();
    server.setSecureContext(newPair);
    server.closeIdleConnections();
    await expect(get()).rejects.toThrow();
    writeFileSync(join(folder, 'ca'), newPair.cert);
    await get();
    client.close();
    server.close();
  });
});

interface Parts {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
  readonly master?: string;
}

/** Credentials from a kubeconfig made of these parts. */
function load({ cluster, user, context, master = '' }: Parts) {
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    'current-context': 'ctx',
    clusters: [{ name: 'cl', cluster: { server: 'https://192.0.2.1:6443/', ...cluster } }],
    users: [{ name: 'us', user: user ?? {} }],
    contexts: [{ name: 'ctx', context: { cluster: 'cl', user: 'us', ...context } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  return loadCredentials({ kubeconfig, master });
}

function selfSigned(name: string) {
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
  ];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...subject, '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  });
  return { key: readFileSync(keyFile), cert: readFileSync(certFile) };
}
