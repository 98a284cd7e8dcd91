// The two ways to run the image: the pod of manifests/base, and kubeadm's own with its own configuration.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { V1ConfigMap, V1DaemonSet, V1PodSpec } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import type { ControlPlane } from '../../../src/lab/control-plane/control-plane.ts';
import { applyFolder } from '../../builders/kustomize.ts';

export interface PodManifest {
  readonly podSpec: V1PodSpec;
  /** The ConfigMap, by key. */
  readonly configFiles: Readonly<Record<string, string>>;
}

/** The user that the pods of manifests/base are to the API server. */
export const BASE_USER = 'system:serviceaccount:kube-system:fairlead';

/** Has kubectl apply manifests/base, and returns what the API server then has of it. */
export async function applyBase(controlPlane: ControlPlane): Promise<PodManifest> {
  await applyFolder('base', controlPlane.adminKubeconfig);
  const podSpec = podSpecOf(stored<V1DaemonSet>(controlPlane, 'daemonsets', 'fairlead'));
  const { name } = podSpec.volumes?.find(({ configMap }) => configMap)?.configMap ?? {};
  const { data = {} } = stored<V1ConfigMap>(controlPlane, 'configmaps', name);
  stored(controlPlane, 'serviceaccounts', podSpec.serviceAccountName);
  return { podSpec, configFiles: data };
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

/** An object of kube-system. That it has the form of its type is tested in test/unit/manifests. Throws if there is none. */
function stored<Kind>({ cluster }: ControlPlane, bucket: string, name = ''): Kind {
  const object: unknown = cluster.store.get(bucket, `kube-system/${name}`);
  if (object === undefined) throw new Error(`kube-system has no ${name} among its ${bucket}`);
  return object as Kind;
}

function fixture(path: string): string {
  return readFileSync(resolve(import.meta.dirname, '../../fixtures', path), 'utf8');
}
