// What the ClusterRoles in the cluster grant, to whom its ClusterRoleBindings say (plugin/pkg/auth/authorizer/rbac). Left out:
// groups, of which nobody here is a member, and roles within a namespace.
import { arrayOf, objectOf, stringOf } from '../../kube/json-object.ts';
import type { PolicyRule, User } from './authorization.ts';
import type { ApiObject } from './objects.ts';
import type { ObjectStore } from './store.ts';
import { clusterRoleBindings, clusterRoles } from './stored-resources.ts';

/** The user with the rules of all roles that are bound to them, as they are now, beside their own. */
export function withClusterRoles(store: ObjectStore, user: User): User {
  const bound = store
    .list(clusterRoleBindings.bucket)
    .filter(({ subjects }) => arrayOf(subjects).map(userNameOf).includes(user.name))
    .flatMap((binding) => rulesOf(store, binding));
  return { ...user, rules: [...user.rules, ...bound] };
}

/** The name that the subject of a binding has as a user (apiserver, pkg/authentication/serviceaccount/util.go). */
function userNameOf(subject: unknown): string {
  const { kind, name, namespace } = objectOf(subject);
  if (kind === 'ServiceAccount') return `system:serviceaccount:${stringOf(namespace)}:${stringOf(name)}`;
  return kind === 'User' ? stringOf(name) : '';
}

/** None for a role that does not exist. */
function rulesOf(store: ObjectStore, { roleRef }: ApiObject): PolicyRule[] {
  const role = store.get(clusterRoles.bucket, stringOf(objectOf(roleRef)['name']));
  return arrayOf(role?.['rules']).map((rule) => {
    const { apiGroups = [], resources = [], verbs = [] } = rule as Partial<PolicyRule>;
    return { apiGroups, resources, verbs };
  });
}
