// The columns that `kubectl get` shows for each kind (pkg/printers/internalversion/printers.go).
import { arrayOf, isObject, type JsonObject, objectOf, stringOf } from '../../kube/json-object.ts';
import { humanDuration } from './human-duration.ts';
import type { ApiObject } from './objects.ts';
import { type ServicePort, specOf } from './service-spec.ts';

export interface Column {
  readonly name: string;
  /** Shown by `-o wide` only. */
  readonly wide?: true;
  readonly cell: (object: ApiObject, nowMs: number) => string | number;
}

const NONE = '<none>';

const NAME: Column = { name: 'Name', cell: ({ metadata }) => metadata.name };
const AGE: Column = { name: 'Age', cell: ({ metadata }, nowMs) => age(metadata.creationTimestamp, nowMs) };

const SERVICE_COLUMNS: readonly Column[] = [
  NAME,
  { name: 'Type', cell: (service) => specOf(service).type ?? '' },
  { name: 'Cluster-IP', cell: (service) => specOf(service).clusterIPs?.[0] ?? NONE },
  { name: 'External-IP', cell: externalIps },
  { name: 'Port(s)', cell: (service) => joined((specOf(service).ports ?? []).map(servicePort)) },
  AGE,
  { name: 'Selector', wide: true, cell: (service) => joined(pairs(specOf(service).selector)) },
];

const ENDPOINT_SLICE_COLUMNS: readonly Column[] = [
  NAME,
  { name: 'AddressType', cell: ({ addressType }) => stringOf(addressType) },
  {
    name: 'Ports',
    cell: ({ ports }) => firstThree(arrayOf(ports).map((port) => String(objectOf(port)['port'] ?? '*'))),
  },
  {
    name: 'Endpoints',
    cell: ({ endpoints }) =>
      firstThree(
        arrayOf(endpoints).flatMap((endpoint) => arrayOf(objectOf(endpoint)['addresses']).map(String)),
      ),
  },
  AGE,
];

const NODE_COLUMNS: readonly Column[] = [
  NAME,
  { name: 'Status', cell: nodeStatus },
  { name: 'Roles', cell: nodeRoles },
  AGE,
  { name: 'Version', cell: (node) => nodeInfo(node, 'kubeletVersion') },
  { name: 'Internal-IP', wide: true, cell: (node) => nodeAddress(node, 'InternalIP') },
  { name: 'External-IP', wide: true, cell: (node) => nodeAddress(node, 'ExternalIP') },
  { name: 'OS-Image', wide: true, cell: (node) => nodeInfo(node, 'osImage') || '<unknown>' },
  { name: 'Kernel-Version', wide: true, cell: (node) => nodeInfo(node, 'kernelVersion') || '<unknown>' },
];

const EVENT_COLUMNS: readonly Column[] = [
  { name: 'Last Seen', cell: (event, nowMs) => age(lastSeen(event), nowMs) },
  { name: 'Type', cell: ({ type }) => stringOf(type) },
  { name: 'Reason', cell: ({ reason }) => stringOf(reason) },
  { name: 'Object', cell: eventObject },
  { name: 'Message', cell: ({ message, note }) => (stringOf(message) || stringOf(note)).trim() },
  { name: 'Name', wide: true, cell: ({ metadata }) => metadata.name },
];

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  namespaces: [NAME, { name: 'Status', cell: ({ status }) => stringOf(objectOf(status)['phase']) }, AGE],
  nodes: NODE_COLUMNS,
  services: SERVICE_COLUMNS,
  endpointslices: ENDPOINT_SLICE_COLUMNS,
  servicecidrs: [
    NAME,
    { name: 'CIDRs', cell: ({ spec }) => joined(arrayOf(objectOf(spec)['cidrs']).map(String)) },
    AGE,
  ],
  events: EVENT_COLUMNS,
};

export function columnsOf(plural: string): readonly Column[] {
  return COLUMNS[plural] ?? [NAME, AGE];
}

function externalIps(service: ApiObject): string {
  const { type, externalName, externalIPs = [] } = specOf(service);
  if (type === 'ExternalName') return externalName || NONE;
  if (type !== 'LoadBalancer') return joined(externalIPs);
  const ingress = arrayOf(objectOf(objectOf(service['status'])['loadBalancer'])['ingress']).map(objectOf);
  const addresses = [
    ...ingress.map(({ ip, hostname }) => stringOf(ip) || stringOf(hostname)),
    ...externalIPs,
  ];
  return addresses.length > 0 ? addresses.join(',') : '<pending>';
}

function servicePort({ port, nodePort, protocol }: ServicePort): string {
  return nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`;
}

function nodeStatus(node: ApiObject): string {
  const ready = conditionsOf(node).find(({ type }) => type === 'Ready');
  const words = [ready ? (ready['status'] === 'True' ? 'Ready' : 'NotReady') : 'Unknown'];
  if (objectOf(node['spec'])['unschedulable'] === true) words.push('SchedulingDisabled');
  return words.join(',');
}

function conditionsOf(object: ApiObject): JsonObject[] {
  return arrayOf(objectOf(object['status'])['conditions']).filter(isObject);
}

function nodeRoles({ metadata }: ApiObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const labels = Object.keys(metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
  return joined(labels.map((label) => label.slice(prefix.length)).sort());
}

function nodeInfo(node: ApiObject, field: string): string {
  return stringOf(objectOf(objectOf(node['status'])['nodeInfo'])[field]);
}

function nodeAddress(node: ApiObject, type: string): string {
  const addresses = arrayOf(objectOf(node['status'])['addresses']).filter(isObject);
  return stringOf(addresses.find((address) => address['type'] === type)?.['address']) || NONE;
}

function eventObject(event: ApiObject): string {
  const { kind, name } = objectOf(event['involvedObject'] ?? event['regarding']);
  return `${stringOf(kind).toLowerCase()}/${stringOf(name)}`;
}

function lastSeen({ metadata, ...event }: ApiObject): string {
  const seen = event['lastTimestamp'] ?? event['deprecatedLastTimestamp'] ?? event['eventTime'];
  return stringOf(seen) || metadata.creationTimestamp;
}

function age(time: string | undefined, nowMs: number): string {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? '<unknown>' : humanDuration((nowMs - ms) / 1000);
}

function firstThree(items: readonly string[]): string {
  if (items.length === 0) return '<unset>';
  const shown = items.slice(0, 3).join(',');
  return items.length > 3 ? `${shown} + ${items.length - 3} more...` : shown;
}

function pairs(labels: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}

function joined(items: readonly string[]): string {
  return items.length > 0 ? items.join(',') : NONE;
}
