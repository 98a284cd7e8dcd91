import { describe, expect, it } from 'vitest';
import type { EndpointInfo } from '../../../src/model/endpoint-info.ts';
import type { ServiceRecord } from '../../../src/model/records.ts';
import { servicePortInfosOf } from '../../../src/model/service-port-infos.ts';
import type { ServicePlan } from '../../../src/plan/plan.ts';
import { planServicePort, type ServiceContext } from '../../../src/plan/service-plan.ts';
import { addressesOf } from '../../builders/plans.ts';
import {
  anEndpointInfo,
  aService,
  aServicePort,
  cidr,
  ip,
  SERVING_WHILE_TERMINATING,
} from '../../builders/records.ts';

const CONTEXT: ServiceContext = { nodeName: 'node-1', zone: 'zone-a', nodeIp: ip('192.0.2.11') };
const here = anEndpointInfo({ ip: ip('10.244.1.1'), nodeName: 'node-1' });
const elsewhere = anEndpointInfo({ ip: ip('10.244.2.1'), nodeName: 'node-2' });

describe('the verdicts', () => {
  const etpLocal = { ...nodePort(), externalTrafficPolicy: 'Local' } as const;
  const itpLocal = { internalTrafficPolicy: 'Local' } as const;
  it.each<[string, Partial<ServiceRecord>, EndpointInfo[], string, string]>([
    ['balance with endpoints', nodePort(), [elsewhere], 'balance', 'balance'],
    ['reject without endpoints', nodePort(), [], 'reject', 'reject'],
    [
      'drop from outside when external Local has endpoints elsewhere only',
      etpLocal,
      [elsewhere],
      'balance',
      'drop',
    ],
    ['reject when external Local has no endpoints anywhere', etpLocal, [], 'reject', 'reject'],
    ['balance when external Local has an endpoint here', etpLocal, [here, elsewhere], 'balance', 'balance'],
    [
      'drop from inside when internal Local has endpoints elsewhere only',
      { ...itpLocal, ...nodePort() },
      [elsewhere],
      'drop',
      'balance',
    ],
    [
      'reject when internal Local has no endpoints anywhere',
      { ...itpLocal, ...nodePort() },
      [],
      'reject',
      'reject',
    ],
    [
      'balance on an endpoint here that serves while terminating',
      etpLocal,
      [{ ...here, record: { ...here.record, ...SERVING_WHILE_TERMINATING } }, elsewhere],
      'balance',
      'balance',
    ],
  ])('%s', (_, service, endpoints, internal, external) => {
    const actual = plan(service, endpoints);
    expect([actual.internal.verdict, actual.external.verdict]).toEqual([internal, external]);
  });
});

describe('the sets', () => {
  it.each<[string, Partial<ServiceRecord>, string[], string[]]>([
    ['Cluster alone', {}, ['10.244.1.1', '10.244.2.1'], []],
    [
      'both for internal Local with NodePort',
      { internalTrafficPolicy: 'Local', ...nodePort() },
      ['10.244.1.1', '10.244.2.1'],
      ['10.244.1.1'],
    ],
    [
      'Local alone for internal Local that nobody outside reaches',
      { internalTrafficPolicy: 'Local' },
      [],
      ['10.244.1.1'],
    ],
    [
      'both for external Local',
      { externalTrafficPolicy: 'Local', ...nodePort() },
      ['10.244.1.1', '10.244.2.1'],
      ['10.244.1.1'],
    ],
    [
      'Cluster alone for external Local that nobody outside reaches',
      { externalTrafficPolicy: 'Local', type: 'LoadBalancer' },
      ['10.244.1.1', '10.244.2.1'],
      [],
    ],
  ])('are %s', (_, service, cluster, local) => {
    const actual = plan(service, [here, elsewhere]);
    expect(addressesOf(actual.clusterEndpoints)).toEqual(cluster);
    expect(addressesOf(actual.localEndpoints)).toEqual(local);
  });

  it('hold the same objects as the list of all endpoints', () => {
    const actual = plan({ externalTrafficPolicy: 'Local', ...nodePort() }, [here, elsewhere]);
    expect(actual.clusterEndpoints).toBe(actual.allEndpoints);
    expect(actual.localEndpoints[0]).toBe(actual.allEndpoints[0]);
  });
});

describe('the frontends', () => {
  it('are the ClusterIP, the load-balancer IPs, the external IPs and the NodePort', () => {
    const service = {
      ...nodePort(),
      externalIps: [ip('198.51.100.1')],
      loadBalancerIps: [ip('203.0.113.1'), ip('203.0.113.2')],
    };
    expect(frontends(service)).toEqual([
      'ClusterIP 10.96.1.1:80',
      'LoadBalancerIP 203.0.113.1:80',
      'LoadBalancerIP 203.0.113.2:80',
      'ExternalIP 198.51.100.1:80',
      'NodePort *:30080',
    ]);
  });

  it('name an address once: as a load-balancer IP, which source ranges protect, before an external IP', () => {
    const twice = [ip('203.0.113.1')];
    expect(frontends({ externalIps: [...twice, ...twice], loadBalancerIps: twice })).toEqual([
      'ClusterIP 10.96.1.1:80',
      'LoadBalancerIP 203.0.113.1:80',
    ]);
  });

  it('name the ClusterIP once when it is an external IP too', () => {
    expect(frontends({ externalIps: [ip('10.96.1.1')] })).toEqual(['ClusterIP 10.96.1.1:80']);
  });
});

describe('allowed sources', () => {
  const loadBalancerIps = [ip('203.0.113.1')];
  const allowed = (ranges: string[], context = CONTEXT) =>
    plan({ loadBalancerIps, loadBalancerSourceRanges: ranges.map(cidr) }, [], context).allowedSources;

  it('are not restricted without ranges', () => {
    expect(allowed([])).toBeUndefined();
  });

  it('are the ranges', () => {
    expect(allowed(['198.51.100.0/24', '192.0.2.128/25'])).toEqual(['198.51.100.0/24', '192.0.2.128/25']);
  });

  it('have the load-balancer IPs too when a range holds the IP of the node', () => {
    expect(allowed(['198.51.100.0/24', '192.0.2.0/24'])).toEqual([
      '198.51.100.0/24',
      '192.0.2.0/24',
      '203.0.113.1/32',
    ]);
  });

  it('are the ranges alone while the IP of the node is unknown', () => {
    expect(allowed(['192.0.2.0/24'], { ...CONTEXT, nodeIp: undefined })).toEqual(['192.0.2.0/24']);
  });
});

function nodePort(): Partial<ServiceRecord> {
  return { type: 'NodePort', ports: [aServicePort({ nodePort: 30_080 })] };
}

function plan(
  service: Partial<ServiceRecord>,
  endpoints: readonly EndpointInfo[] = [],
  context = CONTEXT,
): ServicePlan {
  const [info] = servicePortInfosOf(aService(service), 'IPv4').values();
  if (!info) throw new Error('the Service has no service port');
  return planServicePort(info, endpoints, context);
}

function frontends(service: Partial<ServiceRecord>): string[] {
  return plan(service).frontends.map(({ kind, ip: address = '*', port }) => `${kind} ${address}:${port}`);
}
