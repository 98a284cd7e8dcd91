// The API objects that the suite's Services and their endpoints are made of.
import { ipOf, placeOf, portOf } from './expectation.ts';
import {
  type EndpointState,
  type FlowEndpoint,
  type FlowPort,
  type FlowService,
  loadBalancerIpsOf,
  TCP_80,
  UDP_80,
} from './flow-service.ts';
import { FAMILIES, type Family, flowNode, isPod, nodeOfPod } from './world.ts';

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
