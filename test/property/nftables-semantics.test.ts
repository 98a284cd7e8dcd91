// For any cluster and any packet, the rules and elements of nftables do what the plan says.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Packet } from '../../src/plan/packet.ts';
import { plannedFates, tracedFates } from '../builders/nftables-fates.ts';
import { NftTestKernel } from '../builders/nftables-kernel.ts';
import { aCluster, aPlanConfig, planFromNothing } from '../builders/plans.ts';
import {
  anEndpoint,
  aService,
  aServicePort,
  aSlice,
  cidr,
  ip,
  NOT_READY,
  SERVING_WHILE_TERMINATING,
} from '../builders/records.ts';

const config = fc
  .record({
    masqueradeAll: fc.boolean(),
    detectLocalMode: fc.constantFrom('ClusterCIDR', 'BridgeInterface', 'InterfaceNamePrefix'),
    clusterCidrs: fc.subarray([cidr('10.244.1.0/24')]),
    bridgeInterface: fc.constant('cni0'),
    interfaceNamePrefix: fc.constant('veth'),
    nodePortAddresses: fc.constantFrom([], ['primary' as const], [cidr('127.0.0.0/8'), cidr('192.0.2.0/24')]),
    localhostNodePorts: fc.boolean(),
  })
  .map(aPlanConfig);

const policy = fc.constantFrom('Cluster' as const, 'Local' as const);
const servicePort = fc
  .record({ port: fc.constantFrom(80, 80, 81), nodePort: fc.constantFrom(0, 30_000, 30_001) })
  .map(aServicePort);
const VIPS = ['203.0.113.1', '203.0.113.2'].map(ip);

/** Of whose names and addresses there are three: they compete. */
const service = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c'),
    type: fc.constantFrom('ClusterIP' as const, 'NodePort' as const, 'LoadBalancer' as const),
    clusterIps: fc.constantFrom(['10.96.1.1'], ['10.96.1.2']).map((ips) => ips.map(ip)),
    ports: fc.tuple(servicePort),
    externalIps: fc.subarray(VIPS),
    loadBalancerIps: fc.subarray(VIPS),
    loadBalancerSourceRanges: fc
      .constantFrom([], [], ['198.51.100.0/24'], ['0.0.0.0/0', '192.0.2.0/24'])
      .map((ranges) => ranges.map(cidr)),
    affinitySeconds: fc.constantFrom(0, 0, 300),
    internalTrafficPolicy: policy,
    externalTrafficPolicy: policy,
  })
  .map(aService);

/** An address is always on the same node, or on one that nobody knows. */
const NODE_OF_ENDPOINT = {
  '10.244.1.1': 'node-1',
  '10.244.1.2': 'node-1',
  '10.244.2.1': 'node-2',
  '10.244.2.10': '',
  '192.0.2.11': 'node-1',
};
const endpoint = fc
  .record({
    address: fc.constantFrom(...(Object.keys(NODE_OF_ENDPOINT) as (keyof typeof NODE_OF_ENDPOINT)[])),
    conditions: fc.constantFrom({}, {}, {}, SERVING_WHILE_TERMINATING, NOT_READY),
  })
  .map(({ address, conditions }) =>
    anEndpoint({ ip: ip(address), nodeName: NODE_OF_ENDPOINT[address], ...conditions }),
  );
const slice = fc
  .record({
    name: fc.constantFrom('s1', 's2', 's3', 's4'),
    serviceName: fc.constantFrom('a', 'b', 'c'),
    endpoints: fc.uniqueArray(endpoint, { selector: (each) => each.ip, minLength: 1, maxLength: 5 }),
  })
  .map(aSlice);

const cluster = fc
  .record({
    config,
    services: fc.uniqueArray(service, { selector: ({ name }) => name, minLength: 2, maxLength: 3 }),
    slices: fc.uniqueArray(slice, { selector: ({ name }) => name, minLength: 3, maxLength: 4 }),
  })
  .map(aCluster);

const sender = fc.oneof(
  fc.record({
    sourceIp: fc.constantFrom(
      ...['10.244.1.1', '10.244.1.2', '10.244.2.1', '198.51.100.7', '192.0.2.77'].map(ip),
    ),
    isFromNode: fc.constant(false),
    inputInterface: fc.constantFrom('cni0', 'veth7', 'eth0'),
    destinationIp: fc.constantFrom(
      ...['10.96.1.1', '10.96.1.2', '10.96.7.7', '203.0.113.1', '203.0.113.2', '192.0.2.11', '8.8.8.8'].map(
        ip,
      ),
    ),
  }),
  fc.record({
    sourceIp: fc.constantFrom(...['192.0.2.11', '10.244.1.254'].map(ip)),
    isFromNode: fc.constant(true),
    inputInterface: fc.constant(undefined),
    destinationIp: fc.constantFrom(
      ...['10.96.1.1', '10.96.1.2', '203.0.113.1', '192.0.2.11', '127.0.0.1'].map(ip),
    ),
  }),
);
const packet: fc.Arbitrary<Packet> = fc
  .tuple(
    sender,
    fc.record({
      destinationPort: fc.constantFrom(80, 81, 30_000, 30_001),
      protocol: fc.constantFrom('TCP' as const, 'TCP' as const, 'UDP' as const),
    }),
  )
  .map(([from, to]) => ({ ...from, ...to }));

it('does with any packet what the plan says', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(cluster, fc.array(packet, { minLength: 20, maxLength: 20 }), (inputs, packets) => {
      const plan = planFromNothing(inputs);
      const kernel = new NftTestKernel();
      expect(kernel.write(plan, true)).toMatchObject({ ok: true });
      for (const each of packets) {
        expect({ each, fates: tracedFates(kernel.table, plan, each) }).toEqual({
          each,
          fates: plannedFates(plan, each),
        });
      }
    }),
    { numRuns: 100 },
  );
});
