// What a request asks for, read from method and path (apiserver, pkg/endpoints/request/requestinfo.go).
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts';
import { badRequest, methodNotAllowed, pathNotFound } from './status-error.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A request for objects. */
export interface ResourceRequest {
  readonly kind: 'resource';
  readonly verb: Verb;
  readonly resource: Resource;
  /** undefined for kinds without namespaces and for all namespaces. */
  readonly namespace: string | undefined;
  /** Empty where the request is for the collection. */
  readonly name: string;
  readonly subresource: '' | 'status';
}

/** A request for anything else: discovery, OpenAPI, health. */
export interface PathRequest {
  readonly kind: 'path';
  readonly path: string;
}

/** Throws 404 for a path below a group that is served, 400 and 405. */
export function parseRequest(method: string, url: URL): ResourceRequest | PathRequest {
  const path = url.pathname.replace(/(.)\/+$/, '$1');
  const match = /^\/(?:api\/(?<core>[^/]+)|apis\/(?<groupVersion>[^/]+\/[^/]+))\/(?<rest>.+)$/.exec(path);
  if (!match?.groups) return { kind: 'path', path };
  const { core, groupVersion, rest = '' } = match.groups;
  const target = parseTarget(core ?? groupVersion ?? '', rest.split('/').map(decodePart));
  if (!target) throw pathNotFound();
  return { kind: 'resource', ...target, verb: verbOf(method, target.name !== '', isWatch(url)) };
}

type Target = Pick<ResourceRequest, 'resource' | 'namespace' | 'name' | 'subresource'>;

function parseTarget(apiVersion: string, parts: readonly string[]): Target | undefined {
  const isNamespaced = parts[0] === 'namespaces' && parts.length > 2 && !isSubresource(parts[2] ?? '');
  const [plural, name = '', subresource = '', ...more] = isNamespaced ? parts.slice(2) : parts;
  const namespace = isNamespaced ? parts[1] : undefined;
  const resource = RESOURCES.find((entry) => entry.plural === plural && apiVersionOf(entry) === apiVersion);
  if (!resource || more.length > 0 || !(subresource === '' || subresource === 'status')) return undefined;
  if (subresource === 'status' && !resource.hasStatus) return undefined;
  if (resource.namespaced ? name !== '' && namespace === undefined : namespace !== undefined)
    return undefined;
  return { resource, namespace, name, subresource };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest(`invalid URL escape "${part}"`);
  }
}

/** `namespaces/x/status` is the status of x, not a kind in it. */
function isSubresource(part: string): boolean {
  return part === 'status' || part === 'finalize';
}

function verbOf(method: string, hasName: boolean, watch: boolean): Verb {
  switch (method) {
    case 'GET':
      if (hasName) return 'get';
      return watch ? 'watch' : 'list';
    case 'POST':
      if (hasName) break;
      return 'create';
    case 'PUT':
      if (!hasName) break;
      return 'update';
    case 'PATCH':
      if (!hasName) break;
      return 'patch';
    case 'DELETE':
      return hasName ? 'delete' : 'deletecollection';
  }
  throw methodNotAllowed();
}

function isWatch(url: URL): boolean {
  return !['', 'false', '0'].includes(url.searchParams.get('watch') ?? '');
}
