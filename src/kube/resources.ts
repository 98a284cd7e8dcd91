// What is watched, with kube-proxy's selectors (KP 3.1; pkg/proxy/config and cmd/kube-proxy/app/server.go).
import type { EndpointSliceRecord, NodeRecord, ServiceCidrRecord, ServiceRecord } from '../model/records.ts';
import { decodeEndpointSlice } from './decode-endpoint-slice.ts';
import type { Decode } from './decode-metadata.ts';
import { decodeNode } from './decode-node.ts';
import { decodeService } from './decode-service.ts';
import { decodeServiceCidr } from './decode-service-cidr.ts';

export interface Resource<Record> {
  /** As kubectl calls it: for logs, metrics and status. */
  readonly name: string;
  readonly path: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  /** A server that does not know the selected field may send more objects: they are harmless. */
  readonly isFieldSelectorOptional: boolean;
  /** A server without it, or one that does not let us see it, counts as one that has none. */
  readonly isOptional: boolean;
  readonly decode: Decode<Record>;
}

/** Headless Services never arrive where the server knows the field selector (1.31 and later). */
export const services: Resource<ServiceRecord> = {
  name: 'services',
  path: '/api/v1/services',
  labelSelector: '!service.kubernetes.io/service-proxy-name',
  fieldSelector: 'spec.clusterIP!=None',
  isFieldSelectorOptional: true,
  isOptional: false,
  decode: decodeService,
};

export const endpointSlices: Resource<EndpointSliceRecord> = {
  name: 'endpointslices',
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  labelSelector: '!service.kubernetes.io/headless',
  fieldSelector: '',
  isFieldSelectorOptional: false,
  isOptional: false,
  decode: decodeEndpointSlice,
};

/** Served since Kubernetes 1.33; older roles do not grant it. */
export const serviceCidrs: Resource<ServiceCidrRecord> = {
  name: 'servicecidrs',
  path: '/apis/networking.k8s.io/v1/servicecidrs',
  labelSelector: '',
  fieldSelector: '',
  isFieldSelectorOptional: false,
  isOptional: true,
  decode: decodeServiceCidr,
};

/** The one Node that this daemon runs on. */
export function ownNode(nodeName: string): Resource<NodeRecord> {
  return {
    name: 'nodes',
    path: '/api/v1/nodes',
    labelSelector: '',
    fieldSelector: `metadata.name=${nodeName}`,
    isFieldSelectorOptional: false,
    isOptional: false,
    decode: decodeNode,
  };
}
