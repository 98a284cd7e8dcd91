// Random records from small pools, so that names, addresses and ports meet again and again.
import fc from 'fast-check';
import type {
  EndpointRecord,
  EndpointSliceRecord,
  ServicePortRecord,
  ServiceRecord,
} from '../../src/model/records.ts';
import { anEndpoint, anEndpointPort, aService, aServicePort, aSlice, cidr, ip } from './records.ts';

const SERVICE_NAMES = ['a', 'b', 'c', 'd'];
const SLICE_NAMES = ['s1', 's2', 's3', 's4', 's5'];
const VIPS = ['203.0.113.1', '203.0.113.2', '10.96.1.1', '10.96.1.2'].map(ip);

const policy = fc.constantFrom('Cluster' as const, 'Local' as const);

const servicePort: fc.Arbitrary<ServicePortRecord> = fc
  .record({
    name: fc.constantFrom('', 'http'),
    protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
    port: fc.constantFrom(80, 81),
    nodePort: fc.constantFrom(0, 30_000, 30_001),
  })
  .map(aServicePort);

/** One of four Services that share two ClusterIPs, two other addresses and two NodePorts. */
export const arbitraryService: fc.Arbitrary<ServiceRecord> = fc
  .record({
    name: fc.constantFrom(...SERVICE_NAMES),
    createdAt: fc.constantFrom(1, 2),
    type: fc.constantFrom(
      'ClusterIP' as const,
      'NodePort' as const,
      'LoadBalancer' as const,
      'ExternalName' as const,
    ),
    clusterIps: fc.subarray(['10.96.1.1', 'fd00::1'].map(ip)),
    ports: fc.array(servicePort, { maxLength: 3 }),
    externalIps: fc.subarray(VIPS),
    loadBalancerIps: fc.subarray(VIPS),
    loadBalancerSourceRanges: fc.subarray(['192.0.2.0/24', '198.51.100.0/24', '::/0'].map(cidr)),
    affinitySeconds: fc.constantFrom(0, 300),
    internalTrafficPolicy: policy,
    externalTrafficPolicy: policy,
  })
  .map(aService);

const endpoint: fc.Arbitrary<EndpointRecord> = fc
  .record({
    ip: fc.constantFrom(...['10.244.1.1', '10.244.1.2', '10.244.2.1', '10.244.2.10'].map(ip)),
    nodeName: fc.constantFrom('node-1', 'node-2', ''),
    podName: fc.constantFrom('p', 'q'),
    ready: fc.boolean(),
    serving: fc.boolean(),
    terminating: fc.boolean(),
    zoneHints: fc.subarray(['zone-a', 'zone-b']),
    nodeHints: fc.subarray(['node-1', 'node-2']),
  })
  .map(anEndpoint);

/** One of five slices, of one of the four Services. */
export const arbitrarySlice: fc.Arbitrary<EndpointSliceRecord> = fc
  .record({
    name: fc.constantFrom(...SLICE_NAMES),
    serviceName: fc.constantFrom(...SERVICE_NAMES, ''),
    family: fc.constantFrom('IPv4' as const, 'IPv4' as const, undefined),
    endpoints: fc.array(endpoint, { maxLength: 4 }),
    ports: fc.subarray([
      anEndpointPort(),
      anEndpointPort({ name: 'http', port: 8081 }),
      anEndpointPort({ protocol: 'UDP', port: 8082 }),
    ]),
  })
  .map(aSlice);
