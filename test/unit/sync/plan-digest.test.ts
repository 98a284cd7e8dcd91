import { beforeEach, describe, expect, it } from 'vitest';
import type { PlanState } from '../../../src/plan/plan-state.ts';
import { PlanDigest } from '../../../src/sync/plan-digest.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';
import { aCluster, aNode, aPlanConfig, planFromNothing } from '../../builders/plans.ts';
import { anEndpoint, aService, aServicePort, aSlice, cidr, ip, NOT_READY } from '../../builders/records.ts';

let digest: PlanDigest;

beforeEach(() => {
  digest = new PlanDigest({ nodeName: 'node-1' });
});

const HTTP_AND_HTTPS = [
  aServicePort({ name: 'http', nodePort: 30_080 }),
  aServicePort({ name: 'https', port: 443, nodePort: 30_443 }),
];

const LOCAL_LOAD_BALANCER = aService({
  type: 'LoadBalancer',
  externalTrafficPolicy: 'Local',
  healthCheckNodePort: 30_900,
  ports: HTTP_AND_HTTPS,
});

const PORTS = [
  { name: 'http', protocol: 'TCP', port: 8_080 },
  { name: 'https', protocol: 'TCP', port: 8_443 },
] as const;

function take(plan: PlanState, changed = [...plan.services.keys()]) {
  runToEnd(digest.update(plan, changed));
  return digest.view();
}

describe('health checks', () => {
  it('count each address of a ready endpoint on this node once, whatever the number of ports', () => {
    const endpoints = [
      anEndpoint({ ip: ip('10.244.1.1'), nodeName: 'node-1' }),
      anEndpoint({ ip: ip('10.244.1.2'), nodeName: 'node-1' }),
      anEndpoint({ ip: ip('10.244.1.3'), nodeName: 'node-1', ...NOT_READY }),
      anEndpoint({ ip: ip('10.244.2.1') }),
    ];
    const services = [LOCAL_LOAD_BALANCER];
    const plan = planFromNothing(aCluster({ services, slices: [aSlice({ ports: PORTS, endpoints })] }));
    expect(take(plan).healthChecks).toEqual({
      ips: undefined,
      services: [{ service: 'shop/web', port: 30_900, localEndpoints: 2 }],
    });
  });

  it('are there without any endpoint, and go with the Service', () => {
    const plan = planFromNothing(aCluster({ services: [LOCAL_LOAD_BALANCER] }));
    const keys = [...plan.services.keys()];
    expect(take(plan).healthChecks.services).toMatchObject([{ localEndpoints: 0 }]);
    expect(take(planFromNothing(aCluster()), keys).healthChecks.services).toEqual([]);
  });

  it('are the same object until one of them changes', () => {
    const services = [LOCAL_LOAD_BALANCER];
    const plan = planFromNothing(aCluster({ services, slices: [aSlice({ ports: PORTS })] }));
    const first = take(plan).healthChecks;
    expect(take(plan).healthChecks).toBe(first);
    const endpoints = [anEndpoint({ nodeName: 'node-1' })];
    const moved = planFromNothing(aCluster({ services, slices: [aSlice({ ports: PORTS, endpoints })] }));
    expect(take(moved).healthChecks).not.toBe(first);
  });

  it('are asked for where NodePorts are served', () => {
    const config = aPlanConfig({ nodePortAddresses: [cidr('192.0.2.0/24')] });
    const plan = planFromNothing(aCluster({ config, node: aNode() }));
    expect(take(plan).healthChecks.ips).toEqual(['192.0.2.11']);
  });
});

describe('service ports without local endpoints', () => {
  it('are those that drop because all endpoints are elsewhere', () => {
    const services = [
      aService({ internalTrafficPolicy: 'Local' }),
      aService({
        name: 'lb',
        clusterIps: [ip('10.96.1.2')],
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        ports: HTTP_AND_HTTPS,
      }),
      aService({ name: 'empty', clusterIps: [ip('10.96.1.3')], internalTrafficPolicy: 'Local' }),
    ];
    const slices = [aSlice(), aSlice({ serviceName: 'lb', ports: PORTS })];
    const plan = planFromNothing(aCluster({ services, slices }));
    expect(take(plan).withoutLocalEndpoints).toEqual({ internal: 1, external: 2 });
    const here = [anEndpoint({ nodeName: 'node-1' })];
    const moved = planFromNothing(aCluster({ services, slices: [aSlice({ endpoints: here })] }));
    expect(take(moved).withoutLocalEndpoints).toEqual({ internal: 0, external: 0 });
  });
});
