// Records for tests: everything has a harmless default, so that a test names only what it is about.
import type { EndpointInfo } from '../../src/model/endpoint-info.ts';
import { type Cidr, type Ip, type IpFamily, ipFamilyOf, parseCidr, parseIp } from '../../src/model/ip.ts';
import type {
  EndpointPortRecord,
  EndpointRecord,
  EndpointSliceRecord,
  ServicePortRecord,
  ServiceRecord,
} from '../../src/model/records.ts';

export function ip(raw: string): Ip {
  const parsed = parseIp(raw);
  if (!parsed) throw new Error(`no IP address: ${raw}`);
  return parsed;
}

export function cidr(raw: string): Cidr {
  const parsed = parseCidr(raw);
  if (!parsed) throw new Error(`no CIDR: ${raw}`);
  return parsed;
}

/** `shop/web` with one TCP port 80 on 10.96.1.1. */
export function aService(fields: Partial<ServiceRecord> = {}): ServiceRecord {
  const { namespace = 'shop', name = 'web' } = fields;
  return {
    namespace,
    name,
    uid: `uid-of-${namespace}/${name}`,
    resourceVersion: '1',
    generation: 0,
    createdAt: 1_700_000_000,
    type: 'ClusterIP',
    clusterIps: [ip('10.96.1.1')],
    ports: [aServicePort()],
    externalIps: [],
    loadBalancerIps: [],
    loadBalancerSourceRanges: [],
    affinitySeconds: 0,
    internalTrafficPolicy: 'Cluster',
    externalTrafficPolicy: 'Cluster',
    healthCheckNodePort: 0,
    problems: [],
    ...fields,
  };
}

export function aServicePort(fields: Partial<ServicePortRecord> = {}): ServicePortRecord {
  return { name: '', protocol: 'TCP', port: 80, nodePort: 0, ...fields };
}

/** A ready endpoint at 10.244.2.1 on node-2 in zone-b. */
export function anEndpoint(fields: Partial<EndpointRecord> = {}): EndpointRecord {
  return {
    ip: ip('10.244.2.1'),
    nodeName: 'node-2',
    zone: 'zone-b',
    podName: 'pod',
    ready: true,
    serving: true,
    terminating: false,
    zoneHints: [],
    nodeHints: [],
    ...fields,
  };
}

/** The conditions of a Pod that was deleted and still answers. */
export const SERVING_WHILE_TERMINATING = { ready: false, serving: true, terminating: true } as const;

/** The conditions of a Pod that was deleted and answers no more. */
export const TERMINATED = { ready: false, serving: false, terminating: true } as const;

export const NOT_READY = { ready: false, serving: false, terminating: false } as const;

export function anEndpointInfo(fields: Partial<EndpointRecord> & { port?: number } = {}): EndpointInfo {
  const { port = 8080, ...endpoint } = fields;
  const record = anEndpoint(endpoint);
  return { ip: record.ip, port, record };
}

/** The slice `shop/web-a` of the Service `shop/web`: one endpoint, TCP port 8080. */
export function aSlice(fields: Partial<EndpointSliceRecord> = {}): EndpointSliceRecord {
  const { namespace = 'shop', serviceName = 'web', name = `${serviceName}-a` } = fields;
  const { endpoints = [anEndpoint()] } = fields;
  return {
    namespace,
    name,
    serviceName,
    uid: `uid-of-${namespace}/${name}`,
    resourceVersion: '1',
    generation: 1,
    family: familyOf(endpoints),
    endpoints,
    ports: [anEndpointPort()],
    triggerTimeMs: 0,
    problems: [],
    ...fields,
  };
}

export function anEndpointPort(fields: Partial<EndpointPortRecord> = {}): EndpointPortRecord {
  return { name: '', protocol: 'TCP', port: 8080, ...fields };
}

function familyOf(endpoints: readonly EndpointRecord[]): IpFamily {
  const [first] = endpoints;
  return first ? ipFamilyOf(first.ip) : 'IPv4';
}
