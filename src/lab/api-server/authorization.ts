// Who may do what: static bearer tokens, each for a user with rules as in a ClusterRole.
import type { ResourceRequest } from './request-info.ts';
import { StatusError, unauthorized } from './status-error.ts';

/** As in rbac.authorization.k8s.io/v1; `*` stands for all. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  /** Plurals, or `services/status`. */
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

export interface User {
  readonly name: string;
  readonly token: string;
  /** Those that the user has whatever the cluster holds; more may come from cluster-roles.ts. */
  readonly rules: readonly PolicyRule[];
}

export const CLUSTER_ADMIN_RULES: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
];

/** The ClusterRole `system:node-proxier` (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go). */
export const NODE_PROXIER_RULES: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['services', 'endpoints'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  { apiGroups: ['networking.k8s.io'], resources: ['servicecidrs'], verbs: ['list', 'watch'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
];

const ANONYMOUS: User = { name: 'system:anonymous', token: '', rules: [] };

/** The user of the token; anonymous without one. Throws 401 for a token of nobody. */
export function authenticate(users: readonly User[], authorization: string | undefined): User {
  if (authorization === undefined) return ANONYMOUS;
  const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1];
  const user = users.find((candidate) => candidate.token === token);
  if (!user) throw unauthorized();
  return user;
}

/** Throws 403 unless a rule of the user allows the request. */
export function authorize(user: User, request: ResourceRequest): void {
  const { resource, subresource, verb } = request;
  const plural = subresource ? `${resource.plural}/${subresource}` : resource.plural;
  const isAllowed = user.rules.some(
    ({ apiGroups, resources, verbs }) =>
      includes(apiGroups, resource.group) && includes(resources, plural) && includes(verbs, verb),
  );
  if (!isAllowed) throw forbidden(user, request, plural);
}

/** Discovery, OpenAPI and the like are for everybody with a name; the version and health for everybody. */
export function authorizePath(user: User, path: string): void {
  if (user !== ANONYMOUS || /^\/(version|healthz|livez|readyz)(\/|$)/.test(path)) return;
  throw new StatusError(403, 'Forbidden', `forbidden: User "${user.name}" cannot get path "${path}"`, {
    details: {},
  });
}

function forbidden(
  user: User,
  { resource, namespace, name, verb }: ResourceRequest,
  plural: string,
): StatusError {
  const { group } = resource;
  const what = `${resource.plural}${group ? `.${group}` : ''}${name ? ` "${name}"` : ''}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const message = `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${plural}" in API group "${group}" ${where}`;
  return new StatusError(403, 'Forbidden', message, {
    details: { ...(name ? { name } : {}), ...(group ? { group } : {}), kind: resource.plural },
  });
}

function includes(allowed: readonly string[], wanted: string): boolean {
  return allowed.includes('*') || allowed.includes(wanted);
}
