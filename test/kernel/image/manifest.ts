// What manifests/base says of the pod, its configuration and its rights.
import type { V1ClusterRole, V1ConfigMap, V1DaemonSet, V1PodSpec } from '@kubernetes/client-node';
import { kustomize, ofKind } from '../../builders/kustomize.ts';

export interface BaseManifest {
  readonly podSpec: V1PodSpec;
  readonly configMap: V1ConfigMap;
  readonly clusterRole: V1ClusterRole;
}

export async function loadBase(): Promise<BaseManifest> {
  const objects = await kustomize('base');
  const podSpec = ofKind<V1DaemonSet>(objects, 'DaemonSet').spec?.template.spec;
  if (!podSpec) throw new Error('the DaemonSet has no pod');
  const configMap = ofKind<V1ConfigMap>(objects, 'ConfigMap');
  return { podSpec, configMap, clusterRole: ofKind<V1ClusterRole>(objects, 'ClusterRole') };
}
