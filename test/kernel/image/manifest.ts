// The two ways to run the image: the pod of manifests/base, and kubeadm's own with its own configuration.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { V1ClusterRole, V1ConfigMap, V1DaemonSet, V1PodSpec } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import { kustomize, ofKind } from '../../builders/kustomize.ts';

export interface PodManifest {
  readonly podSpec: V1PodSpec;
  /** The ConfigMap, by key. */
  readonly configFiles: Readonly<Record<string, string>>;
}

export async function loadBase(): Promise<PodManifest & { readonly clusterRole: V1ClusterRole }> {
  const objects = await kustomize('base');
  return {
    podSpec: podSpecOf(ofKind<V1DaemonSet>(objects, 'DaemonSet')),
    configFiles: ofKind<V1ConfigMap>(objects, 'ConfigMap').data ?? {},
    clusterRole: ofKind<V1ClusterRole>(objects, 'ClusterRole'),
  };
}

/** Its image counts as replaced. */
export function loadKubeadm(): PodManifest {
  return {
    podSpec: podSpecOf(load(fixture('kubeadm/kube-proxy.yaml')) as V1DaemonSet),
    configFiles: {
      'config.conf': fixture('config/kubeadm.yaml'),
      'kubeconfig.conf': fixture('kubeadm/kubeconfig.conf'),
    },
  };
}

function podSpecOf({ spec }: V1DaemonSet): V1PodSpec {
  if (!spec?.template.spec) throw new Error('the DaemonSet has no pod');
  return spec.template.spec;
}

function fixture(path: string): string {
  return readFileSync(resolve(import.meta.dirname, '../../fixtures', path), 'utf8');
}
