// From a Service and the pods that it selects to EndpointSlices, as the real controller makes them
// (staging/src/k8s.io/endpointslice/reconciler.go and utils.go). Pure.
import type { JsonObject } from '../../kube/json-object.ts';
import type { IpFamily } from '../../model/ip.ts';
import type { ApiObject, Draft } from '../api-server/objects.ts';
import { type ServicePort, type ServiceSpec, specOf } from '../api-server/service-spec.ts';
import type { PodState } from './pod-state.ts';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
export const CONTROLLER_NAME = 'endpointslice-controller.k8s.io';
export const TRIGGER_TIME_ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const MAX_ENDPOINTS_PER_SLICE = 100;

/** The slices that a Service should have: at least one of each of its families, none if it selects no pods. */
export function endpointSlicesFor(service: ApiObject, pods: readonly PodState[]): Draft[] {
  const spec = specOf(service);
  if (!spec.selector || Object.keys(spec.selector).length === 0 || spec.type === 'ExternalName') return [];
  const endpoints = pods.filter((pod) => isSelected(service, pod));
  return (spec.ipFamilies ?? []).flatMap((family) =>
    chunks(endpoints).map((chunk, i) => slice(service, { family, pods: chunk, number: i + 1 })),
  );
}

export function isSelected(service: ApiObject, pod: PodState): boolean {
  return (
    service.metadata.namespace === pod.namespace &&
    Object.entries(specOf(service).selector ?? {}).every(([key, value]) => pod.labels[key] === value)
  );
}

interface SlicePart {
  readonly family: IpFamily;
  readonly pods: readonly PodState[];
  readonly number: number;
}

function slice(service: ApiObject, { family, pods, number }: SlicePart): Draft {
  const { name, namespace = '', labels } = service.metadata;
  const spec = specOf(service);
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      name: `${name}-${family.toLowerCase()}-${number}`,
      namespace,
      labels: {
        ...labels,
        [SERVICE_NAME_LABEL]: name,
        [MANAGED_BY_LABEL]: CONTROLLER_NAME,
        ...(spec.clusterIP === 'None' ? { [HEADLESS_LABEL]: '' } : {}),
      },
    },
    addressType: family,
    endpoints: pods.map((pod) => endpoint(spec, pod, family)),
    ports: (spec.ports ?? []).map(endpointPort),
  };
}

function endpoint(spec: ServiceSpec, pod: PodState, family: IpFamily): JsonObject {
  const isServing = pod.isReady || spec.publishNotReadyAddresses === true;
  return {
    addresses: [pod.ips[family]],
    conditions: {
      ready: spec.publishNotReadyAddresses === true || (pod.isReady && !pod.isTerminating),
      serving: isServing,
      terminating: pod.isTerminating,
    },
    nodeName: pod.nodeName,
    ...(pod.zone ? { zone: pod.zone } : {}),
    ...hints(spec.trafficDistribution, pod),
    targetRef: { kind: 'Pod', namespace: pod.namespace, name: pod.name },
  };
}

/** Endpoints of their own zone, and where asked for of their own node (KEP-3015). */
function hints(distribution: string | undefined, pod: PodState): JsonObject {
  if (!distribution || !pod.zone) return {};
  const forNodes = distribution === 'PreferSameNode' ? { forNodes: [{ name: pod.nodeName }] } : {};
  return { hints: { forZones: [{ name: pod.zone }], ...forNodes } };
}

/** Pods of the lab do not name their ports: a named target port falls back to the Service's own number. */
function endpointPort({ name = '', protocol = 'TCP', port, targetPort }: ServicePort): JsonObject {
  return { name, protocol, port: typeof targetPort === 'number' ? targetPort : port };
}

function chunks(pods: readonly PodState[]): PodState[][] {
  const count = Math.max(1, Math.ceil(pods.length / MAX_ENDPOINTS_PER_SLICE));
  return Array.from({ length: count }, (_, i) =>
    pods.slice(i * MAX_ENDPOINTS_PER_SLICE, (i + 1) * MAX_ENDPOINTS_PER_SLICE),
  );
}
