// How Services and their ports are named. The keys are plain strings because they are the keys of every map.
import { flatText } from '../util/flat-text.ts';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** `namespace/name` of a Service, an EndpointSlice or, without the slash, of a cluster-scoped object. */
export type ObjectKey = string & { readonly brand: 'ObjectKey' };

/** One load-balanced port: the key of everything that is planned, rendered, committed and reported. */
export interface ServicePortName {
  readonly namespace: string;
  readonly name: string;
  /** Empty for the only, unnamed port. */
  readonly portName: string;
  readonly protocol: Protocol;
}

/** Unique text of a ServicePortName. Not for people: see servicePortNameText. */
export type ServicePortKey = string & { readonly brand: 'ServicePortKey' };

export function objectKey(namespace: string | undefined, name: string): ObjectKey {
  return (namespace ? flatText(namespace, '/', name) : name) as ObjectKey;
}

export function servicePortKey(spn: ServicePortName): ServicePortKey {
  return flatText(servicePortNameText(spn), '/', spn.protocol) as ServicePortKey;
}

/**
 * `namespace/name:port`, or `namespace/name` for an unnamed port: the form that kube-proxy writes into comments and
 * hashes into chain names (ServicePortName.String in pkg/proxy/types.go).
 */
export function servicePortNameText(spn: ServicePortName): string {
  const service = `${spn.namespace}/${spn.name}`;
  return spn.portName ? `${service}:${spn.portName}` : service;
}

/** The Service that the key is of. */
export function serviceOfPort(key: ServicePortKey): ObjectKey {
  const [service = ''] = key.slice(0, key.lastIndexOf('/')).split(':', 1);
  return service as ObjectKey;
}
