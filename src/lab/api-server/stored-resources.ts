// The kinds with which manifests bring a service proxy into a cluster. The lab stores them and does no more: no controller makes
// pods of a DaemonSet. Only ClusterRoles and their bindings have an effect (cluster-roles.ts).

const ONLY_STORED = {
  version: 'v1',
  hasStatus: false,
  returnsDeleted: false,
  createsOnUpdate: false,
  zero: {},
  selectableFields: {},
};

const RBAC = { ...ONLY_STORED, group: 'rbac.authorization.k8s.io', shortNames: [], createsOnUpdate: true };

export const configMaps = {
  ...ONLY_STORED,
  group: '',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
  bucket: 'configmaps',
};

export const serviceAccounts = {
  ...ONLY_STORED,
  group: '',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  namespaced: true,
  returnsDeleted: true,
  bucket: 'serviceaccounts',
};

export const clusterRoles = {
  ...RBAC,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  bucket: 'clusterroles',
  zero: { rules: null },
};

export const clusterRoleBindings = {
  ...RBAC,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  bucket: 'clusterrolebindings',
  zero: { roleRef: { apiGroup: '', kind: '', name: '' } },
};

export const daemonSets = {
  ...ONLY_STORED,
  group: 'apps',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  namespaced: true,
  hasStatus: true,
  bucket: 'daemonsets',
  zero: {
    spec: { selector: null, template: { metadata: {}, spec: { containers: null } }, updateStrategy: {} },
    status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  },
};
