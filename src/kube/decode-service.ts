// Service (v1) to ServiceRecord. Semantics of the fields: KP 3.2; they are interpreted in model/, not here.
import { type Cidr, type Ip, ipFamilyOf } from '../model/ip.ts';
import type { ServicePortRecord, ServiceRecord, ServiceType, TrafficPolicy } from '../model/records.ts';
import { compactArray } from '../util/compact-array.ts';
import {
  decodeCidrs,
  decodeIps,
  decodeOptionalPort,
  decodePort,
  decodePortName,
  decodeProtocol,
} from './decode-fields.ts';
import {
  type Decode,
  DecodeError,
  decodeNamespacedName,
  decodeTimeMs,
  decodeVersion,
} from './decode-metadata.ts';
import { arrayOf, isObject, type JsonObject, objectOf } from './json-object.ts';
import { addProblem } from './problems.ts';

/** The API's default for `sessionAffinityConfig.clientIP.timeoutSeconds`. */
const DEFAULT_AFFINITY_SECONDS = 10_800;
const MAX_AFFINITY_SECONDS = 86_400;

/** Nobody's addresses: source ranges of which not one can be read must not open the load balancer to everybody. */
const NOBODY: readonly Cidr[] = ['0.0.0.0/32' as Cidr, '::/128' as Cidr];

export const decodeService: Decode<ServiceRecord> = (object, intern) => {
  const metadata = objectOf(object['metadata']);
  const spec = object['spec'];
  if (!isObject(spec)) throw new DecodeError('a Service without spec');
  const problems: string[] = [];
  return {
    ...decodeNamespacedName(object, intern),
    ...decodeVersion(metadata),
    createdAt: Math.floor(decodeTimeMs(metadata['creationTimestamp']) / 1000),
    type: decodeType(spec, problems),
    clusterIps: decodeClusterIps(spec, problems),
    ports: decodePorts(spec, problems),
    externalIps: decodeIps(arrayOf(spec['externalIPs']), 'spec.externalIPs', problems),
    loadBalancerIps: decodeLoadBalancerIps(objectOf(object['status']), problems),
    loadBalancerSourceRanges: decodeSourceRanges(spec, problems),
    affinitySeconds: decodeAffinitySeconds(spec, problems),
    internalTrafficPolicy: decodePolicy(spec, 'internalTrafficPolicy', problems),
    externalTrafficPolicy: decodePolicy(spec, 'externalTrafficPolicy', problems),
    healthCheckNodePort: decodeOptionalPort(
      spec['healthCheckNodePort'],
      'spec.healthCheckNodePort',
      problems,
    ),
    problems: compactArray(problems),
  };
};

function decodeType({ type }: JsonObject, problems: string[]): ServiceType {
  switch (type) {
    case 'ClusterIP':
    case 'NodePort':
    case 'LoadBalancer':
    case 'ExternalName':
      return type;
    default:
      if (type !== undefined) addProblem(problems, 'spec.type', type, 'is unknown, ClusterIP is assumed');
      return 'ClusterIP';
  }
}

/** `clusterIPs`, or `clusterIP` of servers that are too old for it; one per family, without the `None` of headless Services. */
function decodeClusterIps(spec: JsonObject, problems: string[]): readonly Ip[] {
  const listed = arrayOf(spec['clusterIPs']);
  const field = listed.length > 0 ? 'spec.clusterIPs' : 'spec.clusterIP';
  const raw = listed.length > 0 ? listed : arrayOf([spec['clusterIP'] ?? '']);
  const ips = decodeIps(
    raw.filter((ip) => ip !== 'None' && ip !== ''),
    field,
    problems,
  );
  const firstOfFamily = ips.filter((ip, i) => {
    const isFirst = ips.findIndex((other) => ipFamilyOf(other) === ipFamilyOf(ip)) === i;
    if (!isFirst) addProblem(problems, field, ip, 'is the second of its family');
    return isFirst;
  });
  return compactArray(firstOfFamily);
}

function decodePorts(spec: JsonObject, problems: string[]): readonly ServicePortRecord[] {
  const ports = arrayOf(spec['ports']).flatMap((value, i) => {
    const raw = objectOf(value);
    const field = `spec.ports[${i}]`;
    const name = decodePortName(raw['name'], `${field}.name`, problems);
    const protocol = decodeProtocol(raw['protocol'], `${field}.protocol`, problems);
    const port = decodePort(raw['port'], `${field}.port`, problems);
    if (name === undefined || protocol === undefined || port === undefined) return [];
    return [
      { name, protocol, port, nodePort: decodeOptionalPort(raw['nodePort'], `${field}.nodePort`, problems) },
    ];
  });
  return compactArray(ports);
}

/** Hostname-only entries and those whose traffic must pass the load balancer itself (`ipMode: Proxy`) do not count. */
function decodeLoadBalancerIps(status: JsonObject, problems: string[]): readonly Ip[] {
  const addresses = arrayOf(objectOf(status['loadBalancer'])['ingress'])
    .map(objectOf)
    .filter(({ ip, ipMode }) => ip !== undefined && ip !== '' && ipMode !== 'Proxy')
    .map(({ ip }) => ip);
  return decodeIps(addresses, 'status.loadBalancer.ingress', problems);
}

function decodeSourceRanges(spec: JsonObject, problems: string[]): readonly Cidr[] {
  const raw = arrayOf(spec['loadBalancerSourceRanges']);
  const ranges = decodeCidrs(raw, 'spec.loadBalancerSourceRanges', problems);
  return raw.length > 0 && ranges.length === 0 ? NOBODY : ranges;
}

function decodeAffinitySeconds(spec: JsonObject, problems: string[]): number {
  if (spec['sessionAffinity'] !== 'ClientIP') return 0;
  const clientIp = objectOf(objectOf(spec['sessionAffinityConfig'])['clientIP']);
  const seconds = clientIp['timeoutSeconds'] ?? DEFAULT_AFFINITY_SECONDS;
  if (Number.isInteger(seconds) && Number(seconds) >= 1 && Number(seconds) <= MAX_AFFINITY_SECONDS)
    return Number(seconds);
  addProblem(problems, 'spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds, 'is out of range');
  return DEFAULT_AFFINITY_SECONDS;
}

function decodePolicy(spec: JsonObject, field: string, problems: string[]): TrafficPolicy {
  const policy = spec[field] ?? 'Cluster';
  if (policy === 'Cluster' || policy === 'Local') return policy;
  // Servers write an empty external policy for Services that are not reachable from outside.
  if (policy !== '') addProblem(problems, `spec.${field}`, policy, 'is unknown, Cluster is assumed');
  return 'Cluster';
}
