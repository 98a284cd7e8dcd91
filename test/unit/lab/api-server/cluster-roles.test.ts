import { describe, expect, it } from 'vitest';
import { withClusterRoles } from '../../../../src/lab/api-server/cluster-roles.ts';
import { createObject, deleteObject } from '../../../../src/lab/api-server/registry.ts';
import { clusterRoleBindings, clusterRoles } from '../../../../src/lab/api-server/stored-resources.ts';
import { type TestCluster, testCluster } from './cluster-builder.ts';

const READ = { apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] };
const ACCOUNT = { kind: 'ServiceAccount', name: 'proxy', namespace: 'kube-system' };
const OWN = { apiGroups: [''], resources: ['nodes'], verbs: ['get'] };

function createBinding(cluster: TestCluster, name: string, subject: object): void {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
  const draft = { metadata: { name }, roleRef, subjects: [subject] };
  createObject(cluster, clusterRoleBindings, undefined, draft);
}

function clusterWithRole(): TestCluster {
  const cluster = testCluster();
  createObject(cluster, clusterRoles, undefined, { metadata: { name: 'reader' }, rules: [READ] });
  return cluster;
}

function rulesOf({ store }: TestCluster, name: string) {
  return withClusterRoles(store, { name, token: '', rules: [OWN] }).rules;
}

describe('a ClusterRole', () => {
  it('counts for nobody without a binding', () => {
    expect(rulesOf(clusterWithRole(), 'system:serviceaccount:kube-system:proxy')).toEqual([OWN]);
  });

  it.each([
    [ACCOUNT, 'system:serviceaccount:kube-system:proxy'],
    [{ kind: 'User', name: 'jane' }, 'jane'],
  ])('counts, beside the own rules, for the subject %j of a binding', (subject, user) => {
    const cluster = clusterWithRole();
    createBinding(cluster, 'reader', subject);
    expect(rulesOf(cluster, user)).toEqual([OWN, READ]);
  });

  it.each(['system:serviceaccount:default:proxy', 'system:serviceaccount:kube-system:other', 'proxy', ''])(
    'does not count for %j, who is another',
    (user) => {
      const cluster = clusterWithRole();
      createBinding(cluster, 'reader', ACCOUNT);
      expect(rulesOf(cluster, user)).toEqual([OWN]);
    },
  );

  it('counts until it is gone', () => {
    const cluster = clusterWithRole();
    createBinding(cluster, 'reader', ACCOUNT);
    deleteObject(cluster, clusterRoles, { namespace: undefined, name: 'reader' });
    expect(rulesOf(cluster, 'system:serviceaccount:kube-system:proxy')).toEqual([OWN]);
  });
});
