// Kubeconfig files for the users of the lab's API server.
import { writeFile } from 'node:fs/promises';
import { dump } from 'js-yaml';
import type { User } from './authorization.ts';

export interface KubeconfigOptions {
  /** `https://192.0.2.1:6443`. */
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly user: Pick<User, 'name' | 'token'>;
}

/** Writes a kubeconfig that only its owner may read: it holds a token. */
export async function writeKubeconfig(path: string, options: KubeconfigOptions): Promise<void> {
  await writeFile(path, kubeconfigText(options), { mode: 0o600 });
}

export function kubeconfigText({ server, ca, user }: KubeconfigOptions): string {
  const cluster = { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster }],
    users: [{ name: user.name, user: { token: user.token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: user.name } }],
    'current-context': 'lab',
  });
}
