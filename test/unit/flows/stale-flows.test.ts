import { beforeEach, describe, expect, it } from 'vitest';
import { createStaleFlowTest } from '../../../src/flows/stale-flows.ts';
import { UdpFrontends } from '../../../src/flows/udp-frontends.ts';
import type { EndpointSliceRecord, ServiceRecord } from '../../../src/model/records.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';
import { PlanFollower } from '../../builders/plan-follower.ts';
import { aCluster, aNode, aPlanConfig, type Cluster } from '../../builders/plans.ts';
import {
  anEndpoint,
  anEndpointPort,
  aService,
  aServicePort,
  aSlice,
  cidr,
  ip,
  NOT_READY,
  SERVING_WHILE_TERMINATING,
  TERMINATED,
} from '../../builders/records.ts';
import { aFlow } from '../../fakes/fake-flow-table.ts';

let follower: PlanFollower;
let frontends: UdpFrontends;

beforeEach(() => {
  follower = new PlanFollower();
  frontends = new UdpFrontends();
});

describe('flows to a Service with endpoints', () => {
  beforeEach(() => commit({ services: [dns()], slices: [slice('10.244.1.1', '10.244.1.2')] }));

  it('are right when a serving endpoint answers', () => {
    expect(isStale('10.96.0.10:53', '10.244.1.1:5353')).toBe(false);
  });

  it('are stale when somebody else answers, or an endpoint with another port', () => {
    expect(isStale('10.96.0.10:53', '10.244.1.3:5353')).toBe(true);
    expect(isStale('10.96.0.10:53', '10.244.1.1:53')).toBe(true);
  });

  it('are stale when they got past NAT', () => {
    expect(isStale('10.96.0.10:53')).toBe(true);
  });

  it('are judged alike on all frontends', () => {
    for (const address of ['203.0.113.1:53', '203.0.113.2:53', '192.0.2.11:30053', '127.0.0.1:30053']) {
      expect(isStale(address, '10.244.1.2:5353'), address).toBe(false);
      expect(isStale(address, '10.244.1.3:5353'), address).toBe(true);
    }
  });
});

describe('flows of others', () => {
  beforeEach(() => commit({ services: [dns()], slices: [slice('10.244.1.1')] }));

  it.each([
    ['to another address with the same port', '10.96.0.11:53', '10.244.9.9:53'],
    ['to another port of the same address', '10.96.0.10:54', '10.244.9.9:54'],
    ['to a hostPort of the node', '192.0.2.11:53', '10.244.1.7:53'],
    ['to the port of a NodePort on another machine', '198.51.100.7:30053', '198.51.100.7:30053'],
    ['to a TCP port of the Service', '10.96.0.10:80', '10.244.9.9:8080'],
  ])('%s are left alone', (_, destination, reply) => {
    expect(isStale(destination, reply)).toBe(false);
  });
});

describe('endpoints', () => {
  it('serve on while they terminate, though others are ready', () => {
    const terminating = { ip: ip('10.244.1.1'), ...SERVING_WHILE_TERMINATING };
    commit({ services: [dns()], slices: [slice(terminating, '10.244.1.2')] });
    expect(isStale('10.96.0.10:53', '10.244.1.1:5353')).toBe(false);
  });

  it('keep their flows when policy or topology chooses others', () => {
    const slices = [slice('10.244.1.1', { ip: ip('10.244.2.1'), nodeName: 'node-2' })];
    commit({ services: [dns({ internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' })], slices });
    expect(isStale('10.96.0.10:53', '10.244.2.1:5353')).toBe(false);
    expect(isStale('192.0.2.11:30053', '10.244.2.1:5353')).toBe(false);
  });

  it.each([
    ['not ready', NOT_READY],
    ['terminated', TERMINATED],
  ])('that are %s have no flows', (_, conditions) => {
    commit({ services: [dns()], slices: [slice({ ip: ip('10.244.1.1'), ...conditions }, '10.244.1.2')] });
    expect(isStale('10.96.0.10:53', '10.244.1.1:5353')).toBe(true);
  });
});

describe('flows to a Service without endpoints', () => {
  beforeEach(() => commit({ services: [dns()] }));

  it('are stale when they were translated', () => {
    expect(isStale('10.96.0.10:53', '10.244.1.1:5353')).toBe(true);
  });

  it('are left alone when they were not: there is nobody to lead them to', () => {
    expect(isStale('203.0.113.2:53')).toBe(false);
  });
});

describe('flows to what is gone', () => {
  beforeEach(() => commit({ services: [dns()], slices: [slice('10.244.1.1')] }));

  it('are stale after the Service was deleted, on all its addresses', () => {
    commit({});
    for (const address of ['10.96.0.10:53', '203.0.113.1:53', '203.0.113.2:53', '192.0.2.11:30053'])
      expect(isStale(address, '10.244.1.1:5353'), address).toBe(true);
    expect(isStale('10.96.0.10:53')).toBe(false);
  });

  it('are stale on the old port after the port was changed', () => {
    const ports = [aServicePort({ protocol: 'UDP', port: 54, nodePort: 30_054 })];
    commit({ services: [dns({ ports })], slices: [slice('10.244.1.1')] });
    expect(isStale('10.96.0.10:53', '10.244.1.1:5353')).toBe(true);
    expect(isStale('10.96.0.10:54', '10.244.1.1:5353')).toBe(false);
    expect(isStale('192.0.2.11:30053', '10.244.1.1:5353')).toBe(true);
  });

  it('are judged by the Service that took the address over', () => {
    const heir = dns({ name: 'heir', clusterIps: [ip('10.96.0.10')] });
    commit({
      services: [heir],
      slices: [slice('10.244.5.5'), sliceOf('heir', '10.244.6.6')],
    });
    expect(isStale('10.96.0.10:53', '10.244.1.1:5353')).toBe(true);
    expect(isStale('10.96.0.10:53', '10.244.6.6:5353')).toBe(false);
  });

  it('are of others again once they have been checked', () => {
    commit({});
    frontends.forgetGone([{ ip: ip('10.96.0.10'), port: 53 }]);
    expect(isStale('10.96.0.10:53', '10.244.1.1:5353')).toBe(false);
    expect(isStale('203.0.113.1:53', '10.244.1.1:5353')).toBe(true);
  });
});

describe('NodePorts', () => {
  const nodePortAddresses = [cidr('192.0.2.0/24')];

  it('are ours on the addresses that serve them only', () => {
    const config = aPlanConfig({ nodePortAddresses });
    commit({ services: [dns()], slices: [slice('10.244.1.1')], config });
    expect(isStale('192.0.2.11:30053', '10.244.9.9:30053')).toBe(true);
    expect(isStale('10.244.1.254:30053', '10.244.9.9:30053')).toBe(false);
    expect(isStale('127.0.0.1:30053', '10.244.9.9:30053')).toBe(false);
  });

  it('follow the addresses of the node', () => {
    commit({ services: [dns()], slices: [slice('10.244.1.1')] });
    expect(isStale('192.0.2.99:30053')).toBe(false);
    const node = aNode({ addresses: [ip('192.0.2.99')] });
    commit({ services: [dns()], slices: [slice('10.244.1.1')], node });
    expect(isStale('192.0.2.99:30053')).toBe(true);
  });

  it('give way to a frontend with the very address and port', () => {
    const port = aServicePort({ protocol: 'UDP', port: 30_053 });
    const exact = dns({ name: 'exact', ports: [port], externalIps: [ip('192.0.2.11')], loadBalancerIps: [] });
    const slices = [slice('10.244.1.1'), sliceOf('exact', '10.244.6.6')];
    commit({ services: [dns(), { ...exact, clusterIps: [ip('10.96.0.99')] }], slices });
    expect(isStale('192.0.2.11:30053', '10.244.6.6:5353')).toBe(false);
    expect(isStale('192.0.2.11:30053', '10.244.1.1:5353')).toBe(true);
    commit({ services: [dns()], slices });
    expect(isStale('192.0.2.11:30053', '10.244.1.1:5353')).toBe(false);
  });
});

it('a frontend that another Service has is judged by that Service', () => {
  const winner = dns({ createdAt: 1 });
  const loser = dns({ name: 'late', createdAt: 2, clusterIps: [ip('10.96.0.11')] });
  commit({
    services: [winner, loser],
    slices: [slice('10.244.1.1'), sliceOf('late', '10.244.6.6')],
  });
  expect(isStale('203.0.113.1:53', '10.244.1.1:5353')).toBe(false);
  expect(isStale('203.0.113.1:53', '10.244.6.6:5353')).toBe(true);
});

function commit(cluster: Partial<Cluster>): void {
  runToEnd(frontends.commit(follower.follow(aCluster(cluster))));
}

function isStale(destination: string, reply = destination): boolean {
  return createStaleFlowTest(frontends)(aFlow(destination, reply));
}

function dns(fields: Partial<ServiceRecord> = {}): ServiceRecord {
  return aService({
    name: 'dns',
    type: 'LoadBalancer',
    clusterIps: [ip('10.96.0.10')],
    externalIps: [ip('203.0.113.1')],
    loadBalancerIps: [ip('203.0.113.2')],
    ports: [
      aServicePort({ protocol: 'UDP', port: 53, nodePort: 30_053 }),
      aServicePort({ name: 'http', port: 80 }),
    ],
    ...fields,
  });
}

type EndpointFields = Parameters<typeof anEndpoint>[0];

/** The endpoints of the Service dns. */
function slice(...endpoints: readonly (string | EndpointFields)[]): EndpointSliceRecord {
  return sliceOf('dns', ...endpoints);
}

/** Endpoints by address on node-1; with more said about them where it matters. */
function sliceOf(
  serviceName: string,
  ...endpoints: readonly (string | EndpointFields)[]
): EndpointSliceRecord {
  return aSlice({
    serviceName,
    endpoints: endpoints.map((of) =>
      typeof of === 'string' ? anEndpoint({ ip: ip(of), nodeName: 'node-1' }) : anEndpoint(of),
    ),
    ports: [anEndpointPort({ protocol: 'UDP', port: 5353 })],
  });
}
