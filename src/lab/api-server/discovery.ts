// Which kinds there are, for clients that ask: `/api`, `/apis` and the lists of resources.
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const STATUS_VERBS = ['get', 'patch', 'update'];

/** The document at the path, or undefined if there is none. */
export function discoveryDocument(path: string): unknown {
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(groupOf) };
  const [, group] = /^\/apis\/([^/]+)$/.exec(path) ?? [];
  if (group && groups().includes(group)) return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) };
  const [, core, grouped] = /^\/(?:api\/([^/]+)|apis\/([^/]+\/[^/]+))$/.exec(path) ?? [];
  return resourceList(core ?? grouped);
}

function groups(): string[] {
  return [...new Set(RESOURCES.map(({ group }) => group))].filter((group) => group !== '');
}

function groupOf(name: string): Record<string, unknown> {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

function resourceList(groupVersion: string | undefined): unknown {
  const resources = RESOURCES.filter((resource) => apiVersionOf(resource) === groupVersion).flatMap(
    entriesOf,
  );
  return resources.length === 0
    ? undefined
    : { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

function entriesOf(resource: Resource): Record<string, unknown>[] {
  const { plural, kind, namespaced, shortNames, hasStatus } = resource;
  const entry = {
    name: plural,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs: VERBS,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    // What `kubectl get all` shows.
    ...(['services', 'daemonsets'].includes(plural) ? { categories: ['all'] } : {}),
  };
  const status = { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: STATUS_VERBS };
  return hasStatus ? [entry, status] : [entry];
}
