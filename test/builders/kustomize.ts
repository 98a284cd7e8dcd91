// The objects of a folder of manifests/, as kubectl makes them for the API server.
import { dirname, join, resolve } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { execa } from 'execa';
import { loadAll } from 'js-yaml';

const MANIFESTS = resolve(import.meta.dirname, '../../manifests');

export async function kustomize(folder: string): Promise<KubernetesObject[]> {
  const { stdout } = await execa('kubectl', ['kustomize', resolve(MANIFESTS, folder)]);
  return loadAll(stdout) as KubernetesObject[];
}

/** Sends them to the API server of the kubeconfig, beside which kubectl keeps a cache. */
export async function applyFolder(folder: string, kubeconfig: string): Promise<void> {
  const place = ['--kubeconfig', kubeconfig, '--cache-dir', join(dirname(kubeconfig), 'kubectl-cache')];
  await execa('kubectl', [...place, 'apply', '-k', resolve(MANIFESTS, folder)]);
}

/** The first of the kind. That it has the form of its type is tested in test/unit/manifests. Throws if there is none. */
export function ofKind<Kind extends KubernetesObject>(
  objects: readonly KubernetesObject[],
  kind: string,
): Kind {
  const object = objects.find((candidate) => candidate.kind === kind);
  if (!object) throw new Error(`there is no ${kind}`);
  return object as Kind;
}
