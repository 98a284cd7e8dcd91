// Gives a Service its ClusterIPs, node ports and health-check node port, and refuses what others have
// (pkg/registry/core/service/storage/alloc.go). Nothing is reserved here: an address is taken once the Service is stored.
import { allocateClusterIps } from './cluster-ip-allocation.ts';
import { allocateNodePorts } from './node-port-allocation.ts';
import type { ApiObject } from './objects.ts';
import type { ServiceAddresses } from './service-addresses.ts';
import { specOf, withSpec } from './service-spec.ts';

/** The Service with its addresses. Throws StatusError 422, and 500 when there are none left. */
export function allocateAddresses(
  addresses: ServiceAddresses,
  service: ApiObject,
  previous: ApiObject | undefined,
): ApiObject {
  const request = { name: service.metadata.name, spec: specOf(service), before: specOf(previous), addresses };
  return withSpec(service, { ...allocateClusterIps(request), ...allocateNodePorts(request) });
}
