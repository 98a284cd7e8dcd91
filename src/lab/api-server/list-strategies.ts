// Which lists of each kind a strategic merge patch merges: the `patchStrategy` and `patchMergeKey` tags of k8s.io/api.
import type { Resource } from './resources.ts';

/** How a list is merged: objects by the value of a field, or plain values as a set. All other lists are replaced. */
export type ListStrategy = { readonly by: string } | 'set';

/** The lists that are merged, by path. The path of a list within the items of another goes through that one's. */
export type ListStrategies = Readonly<Record<string, ListStrategy>>;

const METADATA_LISTS: ListStrategies = {
  'metadata.ownerReferences': { by: 'uid' },
  'metadata.finalizers': 'set',
};

const BY_NAME: ListStrategy = { by: 'name' };
const BY_TYPE: ListStrategy = { by: 'type' };

const CONTAINER_LISTS: ListStrategies = {
  env: BY_NAME,
  ports: { by: 'containerPort' },
  volumeMounts: { by: 'mountPath' },
  volumeDevices: { by: 'devicePath' },
};

const POD_LISTS: ListStrategies = {
  containers: BY_NAME,
  initContainers: BY_NAME,
  volumes: BY_NAME,
  imagePullSecrets: BY_NAME,
  hostAliases: { by: 'ip' },
  resourceClaims: BY_NAME,
  topologySpreadConstraints: { by: 'topologyKey' },
  ...below('containers', CONTAINER_LISTS),
  ...below('initContainers', CONTAINER_LISTS),
};

const LISTS: Readonly<Record<string, ListStrategies>> = {
  services: { 'spec.ports': { by: 'port' }, 'status.conditions': BY_TYPE },
  nodes: { 'spec.podCIDRs': 'set', 'status.addresses': BY_TYPE, 'status.conditions': BY_TYPE },
  namespaces: { 'status.conditions': BY_TYPE },
  servicecidrs: { 'status.conditions': BY_TYPE },
  serviceaccounts: { secrets: BY_NAME },
  daemonsets: {
    ...below('spec.template', METADATA_LISTS),
    ...below('spec.template.spec', POD_LISTS),
    'status.conditions': BY_TYPE,
  },
};

export function listStrategiesOf({ plural }: Pick<Resource, 'plural'>): ListStrategies {
  return { ...METADATA_LISTS, ...LISTS[plural] };
}

function below(path: string, lists: ListStrategies): ListStrategies {
  return Object.fromEntries(Object.entries(lists).map(([inner, strategy]) => [`${path}.${inner}`, strategy]));
}
