import { beforeEach, describe, expect, it } from 'vitest';
import { UdpFrontends } from '../../../src/flows/udp-frontends.ts';
import type { EndpointSliceRecord, ServiceRecord } from '../../../src/model/records.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';
import { PlanFollower } from '../../builders/plan-follower.ts';
import { aCluster, aNode, type Cluster } from '../../builders/plans.ts';
import {
  anEndpoint,
  anEndpointPort,
  aService,
  aServicePort,
  aSlice,
  ip,
  SERVING_WHILE_TERMINATING,
  TERMINATED,
} from '../../builders/records.ts';

let follower: PlanFollower;
let frontends: UdpFrontends;

beforeEach(() => {
  follower = new PlanFollower();
  frontends = new UdpFrontends();
});

describe('the destinations to check after a commit', () => {
  it('are all of a Service that is new or gone', () => {
    expect(commit(endpoints('10.244.1.1'))).toEqual(['10.96.0.10:53', ':30053']);
    expect(commit({ services: [], slices: [] })).toEqual(['10.96.0.10:53', ':30053']);
  });

  it('are all of a Service that loses an endpoint, or all of them', () => {
    commit(endpoints('10.244.1.1', '10.244.1.2'));
    expect(commit(endpoints('10.244.1.1'))).toEqual(['10.96.0.10:53', ':30053']);
    expect(commit(endpoints())).toEqual(['10.96.0.10:53', ':30053']);
  });

  it('are those of a Service that gets its first endpoint', () => {
    commit(endpoints());
    expect(commit(endpoints('10.244.1.1'))).toEqual(['10.96.0.10:53', ':30053']);
  });

  it('are none when endpoints are only added, or begin to terminate', () => {
    commit(endpoints('10.244.1.1'));
    expect(commit(endpoints('10.244.1.1', '10.244.1.2'))).toEqual([]);
    const terminating = anEndpoint({ ip: ip('10.244.1.1'), ...SERVING_WHILE_TERMINATING });
    expect(commit(slices(terminating, anEndpoint({ ip: ip('10.244.1.2') })))).toEqual([]);
    const terminated = anEndpoint({ ip: ip('10.244.1.1'), ...TERMINATED });
    expect(commit(slices(terminated, anEndpoint({ ip: ip('10.244.1.2') })))).toHaveLength(2);
  });

  it('are none when only TCP changes', () => {
    commit(endpoints('10.244.1.1'));
    const ports = [...dns().ports, aServicePort({ name: 'http', port: 81 })];
    expect(commit({ ...endpoints('10.244.1.1'), services: [dns({ ports })] })).toEqual([]);
  });

  it('are the frontend that is gone when a port or an address changes', () => {
    commit(endpoints('10.244.1.1'));
    const ports = [aServicePort({ protocol: 'UDP', port: 54, nodePort: 30_053 })];
    expect(commit({ ...endpoints('10.244.1.1'), services: [dns({ ports })] })).toEqual([
      '10.96.0.10:53',
      '10.96.0.10:54',
    ]);
  });

  it('are the NodePorts when the addresses of the node change', () => {
    commit(endpoints('10.244.1.1'));
    const node = aNode({ addresses: [ip('192.0.2.99')] });
    expect(commit({ ...endpoints('10.244.1.1'), node })).toEqual([':30053']);
  });
});

it('hold nothing once what is gone is forgotten', () => {
  expect(frontends.isEmpty).toBe(true);
  commit(endpoints('10.244.1.1'));
  commit({ services: [], slices: [] });
  expect(frontends.isEmpty).toBe(false);
  frontends.forgetGone([
    { ip: ip('10.96.0.10'), port: 53 },
    { ip: undefined, port: 30_053 },
  ]);
  expect(frontends.isEmpty).toBe(true);
});

it('do not forget a frontend that is there', () => {
  commit(endpoints('10.244.1.1'));
  frontends.forgetGone([{ ip: ip('10.96.0.10'), port: 53 }]);
  expect(frontends.endpointsFor({ destinationIp: '10.96.0.10', destinationPort: 53 })).toHaveLength(1);
});

function commit(cluster: Partial<Cluster>): string[] {
  const change = follower.follow(aCluster({ services: [dns()], ...cluster }));
  const destinations = runToEnd(frontends.commit(change));
  const texts = destinations.map(({ ip: address, port }) => `${address ?? ''}:${port}`);
  return [...new Set(texts)].sort((a, b) => Number(a.startsWith(':')) - Number(b.startsWith(':')));
}

function dns(fields: Partial<ServiceRecord> = {}): ServiceRecord {
  return aService({
    name: 'dns',
    type: 'NodePort',
    clusterIps: [ip('10.96.0.10')],
    ports: [
      aServicePort({ protocol: 'UDP', port: 53, nodePort: 30_053 }),
      aServicePort({ name: 'http', port: 80 }),
    ],
    ...fields,
  });
}

function endpoints(...ips: readonly string[]): Pick<Cluster, 'slices'> {
  return slices(...ips.map((address) => anEndpoint({ ip: ip(address) })));
}

function slices(...of: EndpointSliceRecord['endpoints']): Pick<Cluster, 'slices'> {
  const ports = [anEndpointPort({ protocol: 'UDP', port: 5353 }), anEndpointPort({ name: 'http' })];
  return { slices: [aSlice({ serviceName: 'dns', endpoints: of, ports })] };
}
