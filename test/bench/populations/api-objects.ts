// A population as API objects, as a real API server returns them, managedFields and all: they are what a watch has to read.
import type { ApiObject } from '../../../src/lab/api-server/objects.ts';
import { OWN_NODE, podOf, zoneOf } from './nodes.ts';
import type { PopulationPort, PopulationService } from './service-spec.ts';

export const NAMESPACE = 'bench';

/** What the endpoint-slice controller writes into one slice at most. */
const MAX_ENDPOINTS_PER_SLICE = 100;

const CREATED = '2026-11-21T10:00:00Z';

export function serviceObject(service: PopulationService): ApiObject {
  const { loadBalancer, hasAffinity } = service;
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: {
      ...metadataOf(service.name, 'kubectl-client-side-apply', SERVICE_FIELDS, { app: service.name }),
      namespace: NAMESPACE,
    },
    spec: {
      ports: service.ports.map(servicePort),
      selector: { app: service.name },
      clusterIP: service.clusterIp,
      clusterIPs: [service.clusterIp],
      type: loadBalancer ? 'LoadBalancer' : 'ClusterIP',
      sessionAffinity: hasAffinity ? 'ClientIP' : 'None',
      ...(hasAffinity ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } } : {}),
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      ...(loadBalancer ? loadBalancerFields(loadBalancer.healthCheckNodePort) : {}),
    },
    status: { loadBalancer: loadBalancer ? { ingress: [{ ip: loadBalancer.ip, ipMode: 'VIP' }] } : {} },
  };
}

/** The slices of a Service: none where it has no endpoints. */
export function sliceObjects(service: PopulationService): ApiObject[] {
  const count = Math.ceil(service.pods.length / MAX_ENDPOINTS_PER_SLICE);
  return Array.from({ length: count }, (_, i) => {
    const start = i * MAX_ENDPOINTS_PER_SLICE;
    return sliceObject(service, i, service.pods.slice(start, start + MAX_ENDPOINTS_PER_SLICE));
  });
}

export function sliceObject(service: PopulationService, index: number, pods: readonly number[]): ApiObject {
  const labels = {
    app: service.name,
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': service.name,
  };
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      ...metadataOf(`${service.name}-${index}`, 'kube-controller-manager', SLICE_FIELDS, labels),
      namespace: NAMESPACE,
      generateName: `${service.name}-`,
      generation: 1,
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': CREATED },
      ownerReferences: [ownerReference(service.name)],
    },
    addressType: 'IPv4',
    endpoints: pods.map(endpoint),
    ports: service.ports.map(({ name, targetPort }) => ({ name, protocol: 'TCP', port: targetPort })),
  };
}

/** The node that the measured proxy runs on. */
export function ownNodeObject(): ApiObject {
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: metadataOf(OWN_NODE, 'kubelet', '{}', { 'topology.kubernetes.io/zone': zoneOf(0) }),
    spec: { podCIDR: '10.128.0.0/16', podCIDRs: ['10.128.0.0/16'] },
    status: { addresses: [{ type: 'InternalIP', address: '192.0.2.11' }] },
  };
}

function servicePort({ name, port, targetPort, nodePort }: PopulationPort) {
  return {
    ...(name ? { name } : {}),
    ...{ protocol: 'TCP', port, targetPort },
    ...(nodePort ? { nodePort } : {}),
  };
}

function loadBalancerFields(healthCheckNodePort: number) {
  return {
    externalTrafficPolicy: healthCheckNodePort ? 'Local' : 'Cluster',
    ...(healthCheckNodePort ? { healthCheckNodePort } : {}),
    allocateLoadBalancerNodePorts: true,
  };
}

function endpoint(number: number) {
  const { ip, name, node, zone } = podOf(number);
  return {
    addresses: [ip],
    conditions: { ready: true, serving: true, terminating: false },
    targetRef: { kind: 'Pod', namespace: NAMESPACE, name, uid: uidOf(name) },
    nodeName: node,
    zone,
  };
}

function metadataOf(name: string, manager: string, fields: string, labels: Record<string, string>) {
  return {
    name,
    uid: uidOf(name),
    resourceVersion: '1',
    creationTimestamp: CREATED,
    labels,
    managedFields: [
      {
        ...{ manager, operation: 'Update', apiVersion: 'v1', time: CREATED, fieldsType: 'FieldsV1' },
        fieldsV1: JSON.parse(fields) as unknown,
      },
    ],
  };
}

function ownerReference(name: string) {
  return {
    ...{ apiVersion: 'v1', kind: 'Service', name, uid: uidOf(name) },
    ...{ controller: true, blockOwnerDeletion: true },
  };
}

/** As long as a real one. */
function uidOf(name: string): string {
  return Buffer.from(name.padStart(16, '-').slice(-16))
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

// As the real API server keeps them for what kubectl and the endpoint-slice controller write.
const SERVICE_FIELDS =
  '{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:internalTrafficPolicy":{},"f:ports":{".":{},"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:port":{},"f:protocol":{},"f:targetPort":{}}},"f:selector":{},"f:sessionAffinity":{},"f:type":{}}}';
const SLICE_FIELDS =
  '{"f:addressType":{},"f:endpoints":{},"f:metadata":{"f:annotations":{".":{},"f:endpoints.kubernetes.io/last-change-trigger-time":{}},"f:generateName":{},"f:labels":{".":{},"f:app":{},"f:endpointslice.kubernetes.io/managed-by":{},"f:kubernetes.io/service-name":{}},"f:ownerReferences":{".":{},"k:{\\"uid\\":\\"\\"}":{}}},"f:ports":{}}';
