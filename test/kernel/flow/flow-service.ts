// A Service of the suite with its endpoints, and the API objects that it is made of. Every Service has a number, from which
// all its addresses follow.
import { type EndpointName, ipOf, placeOf, portOf } from './expectation.ts';
import { type DualStack, FAMILIES, type Family, flowNode, isPod, nodeOfPod, type Protocol } from './world.ts';

export type Policy = 'Cluster' | 'Local';

export type EndpointState = 'ready' | 'not ready' | 'terminating and serving' | 'terminating';

export interface FlowEndpoint {
  /** The port is that of every port of the Service without a targetPort. */
  readonly name: EndpointName;
  /** `ready` if not said. */
  readonly state?: EndpointState;
  readonly zoneHints?: readonly string[];
  readonly nodeHints?: readonly string[];
  /** The slice does not say on which node the endpoint is. */
  readonly isNameless?: boolean;
}

export interface FlowPort {
  readonly name: string;
  readonly protocol: Protocol | 'SCTP';
  readonly port: number;
  /** The endpoints' own if not said. */
  readonly targetPort?: number;
}

export interface FlowServiceSpec {
  readonly number: number;
  readonly name: string;
  /** ClusterIP if not said. */
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly internalPolicy?: Policy;
  readonly externalPolicy?: Policy;
  readonly affinitySeconds?: number;
  /** None if not said. */
  readonly externalIps?: readonly string[];
  /** Those of the number for type LoadBalancer if not said. */
  readonly loadBalancerIps?: readonly string[];
  readonly ipMode?: 'VIP' | 'Proxy';
  readonly sourceRanges?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly isHeadless?: boolean;
  /** TCP and UDP 80 if not said. */
  readonly ports?: readonly FlowPort[];
  readonly endpoints?: readonly FlowEndpoint[];
}

export interface FlowService extends FlowServiceSpec {
  readonly clusterIps: DualStack;
  /** Of all ports: they differ in their protocol, or are for ClusterIPs only. */
  readonly nodePort: number;
}

/** An API object as `kubectl apply` takes it; the status is for the status subresource. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export const NAMESPACE = 'flow';

export const TCP_80: FlowPort = { name: 'tcp', protocol: 'TCP', port: 80 };
export const UDP_80: FlowPort = { name: 'udp', protocol: 'UDP', port: 80 };

export function flowService(spec: FlowServiceSpec): FlowService {
  return { ...spec, clusterIps: clusterIpsOf(spec.number), nodePort: 30_100 + spec.number };
}

/** Ready endpoints on the pods' port 8080. */
export function ready(...names: readonly EndpointName[]): FlowEndpoint[] {
  return names.map((name) => ({ name }));
}

export function clusterIpsOf(number: number): DualStack {
  return { IPv4: `10.96.${dotted(number)}`, IPv6: `fd00:10:96::${hex(0x1000 + number)}` };
}

export function loadBalancerIpsOf(number: number): DualStack {
  return { IPv4: `100.64.${dotted(number)}`, IPv6: `2001:db8:100::${hex(number)}` };
}

export function externalIpsOf(number: number): DualStack {
  return { IPv4: `198.18.${dotted(number)}`, IPv6: `2001:db8:18::${hex(number)}` };
}

/** Two octets. */
function dotted(number: number): string {
  return `${16 + (number >> 8)}.${number & 255}`;
}

function hex(number: number): string {
  return number.toString(16);
}

/** The Services and their EndpointSlices. */
export function manifestsOf(...services: readonly FlowService[]): Manifest[] {
  return services.flatMap((service) => [
    serviceManifest(service),
    ...FAMILIES.flatMap((family) => sliceManifests(service, family)),
  ]);
}

function serviceManifest(service: FlowService): Manifest {
  const { name, labels = {}, affinitySeconds } = service;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE, labels },
    spec: {
      type: service.type ?? 'ClusterIP',
      ...addressFields(service),
      ...(service.externalIps && { externalIPs: service.externalIps }),
      ...(service.sourceRanges && { loadBalancerSourceRanges: service.sourceRanges }),
      ...(service.internalPolicy && { internalTrafficPolicy: service.internalPolicy }),
      ...(service.externalPolicy && { externalTrafficPolicy: service.externalPolicy }),
      ...healthCheckFields(service),
      ...(affinitySeconds && {
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: affinitySeconds } },
      }),
      ports: portsOf(service).map((port) => portManifest(service, port)),
    },
    status: { loadBalancer: { ingress: ingressOf(service) } },
  };
}

/** A server would choose a number that another Service has as its NodePort. */
function healthCheckFields({ number, type, externalPolicy }: FlowService): Record<string, unknown> {
  return type === 'LoadBalancer' && externalPolicy === 'Local'
    ? { healthCheckNodePort: 31_100 + number }
    : {};
}

function addressFields({ type, isHeadless, clusterIps }: FlowService): Record<string, unknown> {
  if (type === 'ExternalName') return { externalName: 'example.org' };
  const addresses = [clusterIps.IPv4, clusterIps.IPv6];
  return {
    ipFamilyPolicy: 'RequireDualStack',
    ipFamilies: FAMILIES,
    clusterIP: isHeadless ? 'None' : clusterIps.IPv4,
    clusterIPs: isHeadless ? ['None'] : addresses,
  };
}

function portManifest({ type, nodePort }: FlowService, { name, protocol, port, targetPort }: FlowPort) {
  const hasNodePort = type === 'NodePort' || type === 'LoadBalancer';
  return { name, protocol, port, targetPort: targetPort ?? 8080, ...(hasNodePort && { nodePort }) };
}

function ingressOf({ type, number, loadBalancerIps, ipMode = 'VIP' }: FlowService) {
  if (type !== 'LoadBalancer') return [];
  return (loadBalancerIps ?? Object.values(loadBalancerIpsOf(number))).map((ip: string) => ({ ip, ipMode }));
}

/** A slice has one number for each port name, so there is a slice for each number that endpoints have. */
function sliceManifests(service: FlowService, family: Family): Manifest[] {
  const byPort = Map.groupBy(service.endpoints ?? [], ({ name }) => portOf(name));
  return Array.from(byPort, ([endpointPort, endpoints]) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service.name}-${family.toLowerCase()}-${endpointPort}`,
      namespace: NAMESPACE,
      labels: { 'kubernetes.io/service-name': service.name },
    },
    addressType: family,
    endpoints: endpoints.map((endpoint) => endpointManifest(endpoint, family)),
    ports: portsOf(service).map(({ name, protocol, targetPort = endpointPort }) => ({
      name,
      protocol,
      port: targetPort,
    })),
  }));
}

function endpointManifest(
  { name, state = 'ready', zoneHints, nodeHints, isNameless }: FlowEndpoint,
  family: Family,
) {
  const place = placeOf(name);
  const nodeName = isPod(place) ? nodeOfPod(place) : place;
  const { zone } = flowNode(nodeName);
  return {
    addresses: [ipOf(name, family)],
    conditions: CONDITIONS[state],
    ...(!isNameless && { nodeName }),
    ...(zone && { zone }),
    ...((zoneHints || nodeHints) && {
      hints: {
        ...(zoneHints && { forZones: named(zoneHints) }),
        ...(nodeHints && { forNodes: named(nodeHints) }),
      },
    }),
  };
}

function named(names: readonly string[]) {
  return names.map((name) => ({ name }));
}

const CONDITIONS: Readonly<Record<EndpointState, object>> = {
  ready: { ready: true, serving: true, terminating: false },
  'not ready': { ready: false, serving: false, terminating: false },
  'terminating and serving': { ready: false, serving: true, terminating: true },
  terminating: { ready: false, serving: false, terminating: true },
};

function portsOf({ ports = [TCP_80, UDP_80] }: FlowService): readonly FlowPort[] {
  return ports;
}
