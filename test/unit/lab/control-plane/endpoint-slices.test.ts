import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../../../src/lab/api-server/objects.ts';
import { endpointSlicesFor } from '../../../../src/lab/control-plane/endpoint-slices.ts';
import type { PodState } from '../../../../src/lab/control-plane/pod-state.ts';

describe('the slices of a Service', () => {
  it('hold the selected pods of its namespace, one slice for each family', () => {
    const pods = [pod({ name: 'a' }), pod({ name: 'b', labels: {} }), pod({ name: 'c', namespace: 'other' })];
    const slices = endpointSlicesFor(service({ ipFamilies: ['IPv4', 'IPv6'] }), pods);
    expect(slices.map((slice) => [slice.metadata.name, slice['addressType'], addressesOf(slice)])).toEqual([
      ['web-ipv4-1', 'IPv4', ['10.244.1.1']],
      ['web-ipv6-1', 'IPv6', ['fd00:10:244:1::1']],
    ]);
  });

  it('are none for a Service without a selector', () => {
    expect(endpointSlicesFor(service({ selector: {} }), [pod()])).toEqual([]);
  });

  it('are one empty slice when nothing is selected', () => {
    expect(endpointSlicesFor(service(), []).map(addressesOf)).toEqual([[]]);
  });

  it('hold at most a hundred endpoints each', () => {
    const pods = Array.from({ length: 101 }, (_, i) => pod({ name: `p${i}` }));
    expect(endpointSlicesFor(service(), pods).map((slice) => addressesOf(slice).length)).toEqual([100, 1]);
  });

  it.each([
    { isReady: true, isTerminating: false, conditions: { ready: true, serving: true, terminating: false } },
    {
      isReady: false,
      isTerminating: false,
      conditions: { ready: false, serving: false, terminating: false },
    },
    { isReady: true, isTerminating: true, conditions: { ready: false, serving: true, terminating: true } },
    { isReady: false, isTerminating: true, conditions: { ready: false, serving: false, terminating: true } },
  ])(
    'say $conditions of a pod with ready $isReady, terminating $isTerminating',
    ({ conditions, ...state }) => {
      expect(firstEndpoint(service(), pod(state))).toMatchObject({ conditions });
    },
  );

  it('call every pod ready where the Service publishes unready ones', () => {
    const spec = { publishNotReadyAddresses: true };
    const endpoint = firstEndpoint(service(spec), pod({ isReady: false }));
    expect(endpoint).toMatchObject({ conditions: { ready: true, serving: true } });
  });

  it.each([
    { trafficDistribution: undefined, hints: undefined },
    { trafficDistribution: 'PreferSameZone', hints: { forZones: [{ name: 'zone-a' }] } },
    {
      trafficDistribution: 'PreferSameNode',
      hints: { forZones: [{ name: 'zone-a' }], forNodes: [{ name: 'node-1' }] },
    },
  ])('hint at $hints for traffic distribution $trafficDistribution', ({ trafficDistribution, hints }) => {
    expect(firstEndpoint(service({ trafficDistribution }), pod())?.['hints']).toEqual(hints);
  });

  it('have the target ports, or the ports themselves', () => {
    const ports = [
      { name: 'a', port: 80, targetPort: 8080, protocol: 'TCP' },
      { name: 'b', port: 53, protocol: 'UDP' },
    ];
    expect(endpointSlicesFor(service({ ports }), [pod()])[0]?.['ports']).toEqual([
      { name: 'a', port: 8080, protocol: 'TCP' },
      { name: 'b', port: 53, protocol: 'UDP' },
    ]);
  });

  it('are marked for a headless Service, so that service proxies leave them alone', () => {
    const [slice] = endpointSlicesFor(service({ clusterIP: 'None' }), []);
    expect(slice?.metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '');
  });
});

function service(spec: Record<string, unknown> = {}): ApiObject {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { selector: { app: 'web' }, ipFamilies: ['IPv4'], ports: [{ port: 80 }], ...spec },
  };
}

function pod(change: Partial<PodState> = {}): PodState {
  return {
    name: 'a',
    namespace: 'default',
    labels: { app: 'web' },
    ips: { IPv4: '10.244.1.1', IPv6: 'fd00:10:244:1::1' },
    nodeName: 'node-1',
    zone: 'zone-a',
    isReady: true,
    isTerminating: false,
    ...change,
  };
}

function firstEndpoint(of: ApiObject, state: PodState): Record<string, unknown> | undefined {
  const [slice] = endpointSlicesFor(of, [state]);
  return (slice?.['endpoints'] as Record<string, unknown>[] | undefined)?.[0];
}

function addressesOf(slice: { readonly [field: string]: unknown }): unknown[] {
  return (slice['endpoints'] as { addresses: unknown[] }[]).flatMap(({ addresses }) => addresses);
}
