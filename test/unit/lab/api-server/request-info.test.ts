import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../../../src/lab/api-server/request-info.ts';
import { statusOf } from './cluster-builder.ts';

function parse(method: string, path: string) {
  return parseRequest(method, new URL(path, 'https://server'));
}

describe('requests for objects', () => {
  it.each([
    ['GET', '/api/v1/services', 'list services'],
    ['GET', '/api/v1/services?watch=true', 'watch services'],
    ['GET', '/api/v1/services?watch=false', 'list services'],
    ['GET', '/api/v1/namespaces/shop/services/', 'list services in shop'],
    ['GET', '/api/v1/namespaces/shop/services/web', 'get services in shop web'],
    ['PATCH', '/api/v1/namespaces/shop/services/web/status', 'patch services in shop web status'],
    ['POST', '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices', 'create endpointslices in shop'],
    ['PUT', '/api/v1/nodes/node-1', 'update nodes node-1'],
    ['GET', '/api/v1/namespaces', 'list namespaces'],
    ['DELETE', '/api/v1/namespaces/shop', 'delete namespaces shop'],
    ['PUT', '/api/v1/namespaces/shop/status', 'update namespaces shop status'],
    ['DELETE', '/api/v1/namespaces/shop/services', 'deletecollection services in shop'],
    ['GET', '/apis/events.k8s.io/v1/events', 'list events'],
  ])('%s %s is %s', (method, path, expected) => {
    const request = parse(method, path);
    if (request.kind !== 'resource') throw new Error('not for objects');
    const { verb, resource, namespace, name, subresource } = request;
    const where = namespace === undefined ? [] : ['in', namespace];
    const words = [verb, resource.plural, ...where, name, subresource];
    expect(words.filter(Boolean).join(' ')).toBe(expected);
  });

  it('tell the two groups of Events apart', () => {
    expect(parse('GET', '/api/v1/events')).toMatchObject({ resource: { group: '' } });
    expect(parse('GET', '/apis/events.k8s.io/v1/events')).toMatchObject({
      resource: { group: 'events.k8s.io' },
    });
  });

  it.each([
    '/api/v1/pods',
    '/api/v2/services',
    '/apis/apps/v1/deployments',
    '/apis/discovery.k8s.io/v1/services',
    '/api/v1/services/web',
    '/api/v1/namespaces/shop/nodes',
    '/api/v1/namespaces/shop/services/web/proxy',
    '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/a/status',
  ])('%s is not found', (path) => {
    expect(statusOf(() => parse('GET', path))).toMatchObject({ code: 404, reason: 'NotFound' });
  });

  it.each([
    ['POST', '/api/v1/nodes/node-1'],
    ['PUT', '/api/v1/nodes'],
    ['PATCH', '/api/v1/nodes'],
    ['BREW', '/api/v1/nodes'],
  ])('%s %s is not allowed', (method, path) => {
    expect(statusOf(() => parse(method, path)).code).toBe(405);
  });
});

it('leaves all other paths to others', () => {
  for (const path of ['/', '/version', '/api', '/api/v1', '/apis/discovery.k8s.io/v1', '/openapi/v2']) {
    expect(parse('GET', path)).toEqual({ kind: 'path', path });
  }
});
