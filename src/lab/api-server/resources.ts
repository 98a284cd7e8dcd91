// The table of the kinds that the lab serves. Everything that differs from kind to kind without being behaviour is here.
import type { ApiObject } from './objects.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  daemonSets,
  serviceAccounts,
} from './stored-resources.ts';

export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly hasStatus: boolean;
  /** Whether a deletion answers with the object, and not with a Status. */
  readonly returnsDeleted: boolean;
  /** Whether a PUT of an object that does not exist creates it. */
  readonly createsOnUpdate: boolean;
  /** Where its objects are stored. Two resources may share a bucket: then they are two views of the same objects. */
  readonly bucket: string;
  /** What Go writes for an object that holds nothing, as seen in bookmarks. */
  readonly zero: Readonly<Record<string, unknown>>;
  /** The fields that a field selector may name, beside `metadata.name` and `metadata.namespace`. */
  readonly selectableFields: Readonly<Record<string, readonly string[]>>;
}

const NODE_ZERO_STATUS = {
  daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
  nodeInfo: {
    machineID: '',
    systemUUID: '',
    bootID: '',
    kernelVersion: '',
    osImage: '',
    containerRuntimeVersion: '',
    kubeletVersion: '',
    kubeProxyVersion: '',
    operatingSystem: '',
    architecture: '',
  },
};

export const namespaces: Resource = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  hasStatus: true,
  returnsDeleted: true,
  createsOnUpdate: false,
  bucket: 'namespaces',
  zero: { spec: {}, status: {} },
  selectableFields: { 'status.phase': ['status', 'phase'] },
};

export const nodes: Resource = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  hasStatus: true,
  returnsDeleted: false,
  createsOnUpdate: false,
  bucket: 'nodes',
  zero: { spec: {}, status: NODE_ZERO_STATUS },
  selectableFields: { 'spec.unschedulable': ['spec', 'unschedulable'] },
};

export const services: Resource = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  namespaced: true,
  hasStatus: true,
  returnsDeleted: true,
  createsOnUpdate: true,
  bucket: 'services',
  zero: { spec: {}, status: { loadBalancer: {} } },
  selectableFields: { 'spec.clusterIP': ['spec', 'clusterIP'], 'spec.type': ['spec', 'type'] },
};

export const endpointSlices: Resource = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  shortNames: [],
  namespaced: true,
  hasStatus: false,
  returnsDeleted: false,
  createsOnUpdate: false,
  bucket: 'endpointslices',
  zero: { addressType: '', endpoints: null, ports: null },
  selectableFields: {},
};

export const serviceCidrs: Resource = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  shortNames: [],
  namespaced: false,
  hasStatus: true,
  returnsDeleted: false,
  createsOnUpdate: false,
  bucket: 'servicecidrs',
  zero: { spec: {}, status: {} },
  selectableFields: {},
};

export const coreEvents: Resource = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  hasStatus: false,
  returnsDeleted: false,
  createsOnUpdate: true,
  bucket: 'events',
  zero: {
    involvedObject: {},
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  },
  selectableFields: {
    ...regardingFields('involvedObject'),
    reason: ['reason'],
    reportingComponent: ['reportingComponent'],
    source: ['source', 'component'],
    type: ['type'],
  },
};

export const events: Resource = {
  ...coreEvents,
  group: 'events.k8s.io',
  zero: {
    eventTime: null,
    regarding: {},
    deprecatedSource: {},
    deprecatedFirstTimestamp: null,
    deprecatedLastTimestamp: null,
  },
  selectableFields: {
    ...regardingFields('regarding'),
    reason: ['reason'],
    reportingController: ['reportingController'],
    type: ['type'],
  },
};

export const RESOURCES: readonly Resource[] = [
  namespaces,
  nodes,
  services,
  coreEvents,
  configMaps,
  serviceAccounts,
  daemonSets,
  endpointSlices,
  events,
  serviceCidrs,
  clusterRoles,
  clusterRoleBindings,
];

/** `v1` or `discovery.k8s.io/v1`. */
export function apiVersionOf({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group ? `${group}/${version}` : version;
}

export function isSelectableField(resource: Resource, field: string): boolean {
  return (
    field === 'metadata.name' ||
    (field === 'metadata.namespace' && resource.namespaced) ||
    Object.hasOwn(resource.selectableFields, field)
  );
}

/** What field selectors see of an object. */
export function fieldsOf(resource: Resource, object: ApiObject): Record<string, string> {
  const fields: Record<string, string> = {
    'metadata.name': object.metadata.name,
    'metadata.namespace': object.metadata.namespace ?? '',
  };
  for (const [field, path] of Object.entries(resource.selectableFields)) {
    fields[field] = String(valueAt(object, path) ?? '');
  }
  return fields;
}

function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, field) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined,
    object,
  );
}

function regardingFields(parent: string): Record<string, readonly string[]> {
  const fields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
  return Object.fromEntries(fields.map((field) => [`${parent}.${field}`, [parent, field]]));
}
