import { describe, expect, it } from 'vitest';
import type { IpFamily } from '../../../src/model/ip.ts';
import type { ServiceRecord } from '../../../src/model/records.ts';
import type { ServicePortInfo } from '../../../src/model/service-port-info.ts';
import { servicePortInfosOf } from '../../../src/model/service-port-infos.ts';
import { aService, aServicePort, cidr, ip } from '../../builders/records.ts';

describe('the service ports of a Service', () => {
  it('are one for each port, by namespace, name, port name and protocol', () => {
    const ports = [
      aServicePort({ name: 'dns', protocol: 'UDP', port: 53 }),
      aServicePort({ name: 'dns', protocol: 'TCP', port: 53 }),
      aServicePort({ name: '', protocol: 'SCTP', port: 9 }),
    ];
    expect(keys(aService({ ports }))).toEqual(['shop/web:dns/UDP', 'shop/web:dns/TCP', 'shop/web/SCTP']);
  });

  it.each<[string, Partial<ServiceRecord>]>([
    ['is headless', { clusterIps: [] }],
    ['is an ExternalName, even with a ClusterIP left', { type: 'ExternalName' }],
    ['has no ClusterIP of the family', { clusterIps: [ip('fd00::1')] }],
    ['has no ports', { ports: [] }],
  ])('are none when it %s', (_, fields) => {
    expect(keys(aService(fields))).toEqual([]);
  });

  it('have the ClusterIP and addresses of the family', () => {
    const service = aService({
      clusterIps: [ip('10.96.1.1'), ip('fd00::1')],
      externalIps: [ip('198.51.100.1'), ip('2001:db8::1')],
      loadBalancerIps: [ip('203.0.113.1'), ip('2001:db8::2')],
      loadBalancerSourceRanges: [cidr('192.0.2.0/24'), cidr('2001:db8:1::/48')],
    });
    expect(info(service, 'IPv4')).toMatchObject({
      clusterIp: '10.96.1.1',
      externalIps: ['198.51.100.1'],
      loadBalancerIps: ['203.0.113.1'],
      loadBalancerSourceRanges: ['192.0.2.0/24'],
    });
    expect(info(service, 'IPv6')).toMatchObject({
      clusterIp: 'fd00::1',
      externalIps: ['2001:db8::1'],
      loadBalancerIps: ['2001:db8::2'],
      loadBalancerSourceRanges: ['2001:db8:1::/48'],
    });
  });

  it('keep affinity, policies, age and version of the Service', () => {
    const service = aService({
      affinitySeconds: 300,
      internalTrafficPolicy: 'Local',
      createdAt: 5,
      resourceVersion: '77',
    });
    expect(info(service)).toMatchObject({
      affinitySeconds: 300,
      internalTrafficPolicy: 'Local',
      createdAt: 5,
      version: { resourceVersion: '77' },
    });
  });

  it('survive two ports of one name, which the API refuses', () => {
    const ports = [aServicePort({ port: 80 }), aServicePort({ port: 81 })];
    expect(info(aService({ ports })).port).toBe(81);
  });
});

describe('the external traffic policy', () => {
  it.each<[string, Partial<ServiceRecord>, string]>([
    ['counts for a NodePort Service', { type: 'NodePort' }, 'Local'],
    ['counts for a LoadBalancer', { type: 'LoadBalancer' }, 'Local'],
    ['counts for a ClusterIP Service with external IPs', { externalIps: [ip('198.51.100.1')] }, 'Local'],
    ['counts with external IPs of the other family alone', { externalIps: [ip('2001:db8::1')] }, 'Local'],
    ['does not count for a plain ClusterIP Service', {}, 'Cluster'],
  ])('Local %s', (_, fields, expected) => {
    expect(info(aService({ externalTrafficPolicy: 'Local', ...fields })).externalTrafficPolicy).toBe(
      expected,
    );
  });
});

describe('source ranges', () => {
  it('restrict nobody when one of them holds everybody', () => {
    const ranges = [cidr('192.0.2.0/24'), cidr('0.0.0.0/0')];
    expect(info(aService({ loadBalancerSourceRanges: ranges })).loadBalancerSourceRanges).toEqual([]);
  });

  it('of one family are not lifted by a zero range of the other', () => {
    const ranges = [cidr('192.0.2.0/24'), cidr('::/0')];
    expect(info(aService({ loadBalancerSourceRanges: ranges })).loadBalancerSourceRanges).toEqual([
      '192.0.2.0/24',
    ]);
  });
});

describe('the health check node port', () => {
  it.each<[string, Partial<ServiceRecord>, number]>([
    [
      'a LoadBalancer with external Local policy',
      { type: 'LoadBalancer', externalTrafficPolicy: 'Local' },
      31_000,
    ],
    ['a LoadBalancer with external Cluster policy', { type: 'LoadBalancer' }, 0],
    [
      'a NodePort Service with external Local policy',
      { type: 'NodePort', externalTrafficPolicy: 'Local' },
      0,
    ],
  ])('of %s', (_, fields, expected) => {
    expect(info(aService({ healthCheckNodePort: 31_000, ...fields })).healthCheckNodePort).toBe(expected);
  });
});

function keys(service: ServiceRecord): string[] {
  return [...servicePortInfosOf(service, 'IPv4').keys()];
}

function info(service: ServiceRecord, family: IpFamily = 'IPv4'): ServicePortInfo {
  const [first] = servicePortInfosOf(service, family).values();
  if (!first) throw new Error('the Service has no service port');
  return first;
}
