import { describe, expect, it } from 'vitest';
import { updateObject } from '../../../../src/lab/api-server/registry.ts';
import { endpointSlices } from '../../../../src/lab/api-server/resources.ts';
import { createSlice, statusOf, testCluster } from './cluster-builder.ts';

describe('EndpointSlices', () => {
  it('get a protocol and an empty name for their ports, and conditions for their endpoints', () => {
    const slice = createSlice(testCluster(), 'web-a', {
      endpoints: [{ addresses: ['10.244.1.1'], nodeName: 'node-1' }],
      ports: [{ port: 8080 }],
    });
    expect(slice).toMatchObject({
      endpoints: [{ addresses: ['10.244.1.1'], nodeName: 'node-1', conditions: {} }],
      ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    });
  });

  it('keep conditions that are false, and hints', () => {
    const endpoint = {
      addresses: ['10.244.1.1'],
      conditions: { ready: false, serving: true, terminating: true },
      hints: { forZones: [{ name: 'zone-a' }], forNodes: [{ name: 'node-1' }] },
    };
    expect(createSlice(testCluster(), 'web-a', { endpoints: [endpoint] })['endpoints']).toEqual([endpoint]);
  });

  it.each([
    ['addressType: Required value', { addressType: '' }],
    [
      'addressType: Unsupported value: "ipv4": supported values: "FQDN", "IPv4", "IPv6"',
      { addressType: 'ipv4' },
    ],
    [
      'endpoints[0].addresses: Required value: must contain at least 1 address',
      { endpoints: [{ addresses: [] }] },
    ],
    ['endpoints[0].addresses[0]: Invalid value: "x"', { endpoints: [{ addresses: ['x'] }] }],
    ['must be an IPv4 address', { endpoints: [{ addresses: ['fd00::1'] }] }],
    ['must have at most 1000 items', { endpoints: Array(1_001).fill({ addresses: ['10.244.1.1'] }) }],
    ['ports[0].protocol: Unsupported value: "x"', { ports: [{ protocol: 'x' }] }],
    ['ports[1].name: Duplicate value: ""', { ports: [{ port: 1 }, { port: 2 }] }],
    ['ports[0].name: Invalid value: "A"', { ports: [{ name: 'A' }] }],
  ])('are refused with "%s"', (why, body) => {
    const refusal = statusOf(() => createSlice(testCluster(), 'web-a', body));
    expect(refusal).toMatchObject({ code: 422, message: expect.stringContaining(why) });
    expect(refusal.message).toContain('EndpointSlice.discovery.k8s.io "web-a" is invalid: ');
  });

  it('keep their address type', () => {
    const cluster = testCluster();
    createSlice(cluster, 'web-a', { endpoints: [] });
    const ref = { namespace: 'shop', name: 'web-a' };
    const change = () => updateObject(cluster, endpointSlices, ref, (p) => ({ ...p, addressType: 'IPv6' }));
    expect(statusOf(change).message).toContain('addressType: Invalid value: "IPv6": field is immutable');
  });
});
