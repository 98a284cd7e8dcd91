// Services and EndpointSlices for tests: each Service has one port and the named endpoints.
import { deleteObject } from '../../../src/lab/api-server/registry.ts';
import { endpointSlices, services } from '../../../src/lab/api-server/resources.ts';
import { specOf } from '../../../src/lab/api-server/service-spec.ts';
import type { IpFamily } from '../../../src/model/ip.ts';
import type { Bed } from './bed.ts';

export interface ServiceSpec {
  /** In the namespace `shop`. */
  readonly name: string;
  readonly endpoints: readonly string[];
  /** IPv4 if not said. */
  readonly family?: IpFamily;
  /** On top of port 80, which leads to 8080. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

const NAMESPACE = 'shop';

/** Creates or replaces the Service and its slice; returns its ClusterIP. */
export function putService(
  { controlPlane }: Bed,
  { name, endpoints, family = 'IPv4', spec }: ServiceSpec,
): string {
  const [service] = controlPlane.apply([
    {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { name, namespace: NAMESPACE },
      spec: { ports: [{ port: 80, targetPort: 8080 }], ipFamilies: [family], ...spec },
    },
    {
      kind: 'EndpointSlice',
      apiVersion: 'discovery.k8s.io/v1',
      metadata: { name, namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': name } },
      addressType: family,
      endpoints: endpoints.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
      ports: [{ protocol: 'TCP', port: 8080 }],
    },
  ]);
  return specOf(service).clusterIP ?? '';
}

export function deleteService({ controlPlane: { cluster } }: Bed, name: string): void {
  deleteObject(cluster, services, { namespace: NAMESPACE, name });
  deleteObject(cluster, endpointSlices, { namespace: NAMESPACE, name });
}
