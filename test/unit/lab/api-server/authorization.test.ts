import { describe, expect, it } from 'vitest';
import {
  authenticate,
  authorize,
  authorizePath,
  CLUSTER_ADMIN_RULES,
  NODE_PROXIER_RULES,
} from '../../../../src/lab/api-server/authorization.ts';
import { parseRequest, type ResourceRequest } from '../../../../src/lab/api-server/request-info.ts';
import { statusOf } from './cluster-builder.ts';

const admin = { name: 'admin', token: 'a', rules: CLUSTER_ADMIN_RULES };
const proxy = { name: 'system:kube-proxy', token: 'p', rules: NODE_PROXIER_RULES };
const users = [admin, proxy];
const anonymous = authenticate(users, undefined);

function request(method: string, path: string): ResourceRequest {
  const parsed = parseRequest(method, new URL(path, 'https://server'));
  if (parsed.kind !== 'resource') throw new Error('not for objects');
  return parsed;
}

describe('tokens', () => {
  it('stand for users, none for the anonymous one', () => {
    expect(authenticate(users, 'Bearer p')).toBe(proxy);
    expect(anonymous.name).toBe('system:anonymous');
  });

  it.each(['Bearer x', 'Bearer ', 'Basic YTpi', 'p'])('refuses %s', (header) => {
    expect(statusOf(() => authenticate(users, header))).toMatchObject({ code: 401, reason: 'Unauthorized' });
  });
});

describe('the ClusterRole system:node-proxier', () => {
  it.each([
    ['GET', '/api/v1/services?watch=1'],
    ['GET', '/apis/discovery.k8s.io/v1/endpointslices'],
    ['GET', '/api/v1/nodes/node-1'],
    ['GET', '/apis/networking.k8s.io/v1/servicecidrs'],
    ['POST', '/apis/events.k8s.io/v1/namespaces/shop/events'],
    ['PATCH', '/api/v1/namespaces/shop/events/e'],
  ])('allows %s %s', (method, path) => {
    expect(() => authorize(proxy, request(method, path))).not.toThrow();
  });

  it.each([
    [
      'GET',
      '/api/v1/namespaces/shop/services/web',
      'services "web" is forbidden: User "system:kube-proxy" cannot get resource "services" in API group "" in the namespace "shop"',
    ],
    [
      'GET',
      '/api/v1/events',
      'events is forbidden: User "system:kube-proxy" cannot list resource "events" in API group "" at the cluster scope',
    ],
    [
      'PUT',
      '/api/v1/namespaces/shop/services/web/status',
      'services "web" is forbidden: User "system:kube-proxy" cannot update resource "services/status" in API group "" in the namespace "shop"',
    ],
    [
      'POST',
      '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices',
      'endpointslices.discovery.k8s.io is forbidden: User "system:kube-proxy" cannot create resource "endpointslices" in API group "discovery.k8s.io" in the namespace "shop"',
    ],
  ])('does not allow %s %s', (method, path, message) => {
    expect(statusOf(() => authorize(proxy, request(method, path)))).toMatchObject({ code: 403, message });
  });
});

it('lets everybody see the version and those with a name see what there is', () => {
  expect(() => authorizePath(anonymous, '/version')).not.toThrow();
  expect(() => authorizePath(proxy, '/apis')).not.toThrow();
  expect(statusOf(() => authorizePath(anonymous, '/apis')).message).toBe(
    'forbidden: User "system:anonymous" cannot get path "/apis"',
  );
});

it('lets an administrator do everything and the anonymous user nothing', () => {
  const deletion = request('DELETE', '/api/v1/namespaces/shop');
  expect(() => authorize(admin, deletion)).not.toThrow();
  expect(statusOf(() => authorize(anonymous, deletion)).code).toBe(403);
});
