// Keys and certificates for the lab, made with the openssl program (3.0 or newer).
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exec } from '../../system/exec.ts';

/** All PEM. */
export interface ServerCertificate {
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '365'];

/** Makes a CA and a server certificate for the names and addresses. Throws with openssl's words if it fails. */
export async function makeServerCertificate(
  exec: Exec,
  { dnsNames, ips }: { readonly dnsNames: readonly string[]; readonly ips: readonly string[] },
): Promise<ServerCertificate> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-lab-certificates-'));
  try {
    const path = (name: string): string => join(directory, name);
    await openssl(exec, [
      ...['req', '-x509', ...NEW_KEY, '-subj', '/CN=fairlead-lab-ca'],
      ...['-keyout', path('ca.key'), '-out', path('ca.crt')],
    ]);
    const names = [...dnsNames.map((name) => `DNS:${name}`), ...ips.map((ip) => `IP:${ip}`)];
    await openssl(exec, [
      ...['req', '-x509', ...NEW_KEY, '-subj', '/CN=kube-apiserver'],
      ...['-CA', path('ca.crt'), '-CAkey', path('ca.key')],
      ...['-addext', `subjectAltName=${names.join(',')}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
      ...['-keyout', path('server.key'), '-out', path('server.crt')],
    ]);
    const [ca, key, cert] = await Promise.all(
      ['ca.crt', 'server.key', 'server.crt'].map((name) => readFile(path(name), 'utf8')),
    );
    return { ca: ca ?? '', key: key ?? '', cert: cert ?? '' };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function openssl(exec: Exec, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await exec({ file: 'openssl', args, timeoutMs: 30_000 });
  if (exitCode !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr.trim()}`);
}
