// Stands in for a cloud: gives each Service of type LoadBalancer without an address one of each of its families. That the
// address leads to a node is up to the client's routes.
import { arrayOf, objectOf } from '../../kube/json-object.ts';
import type { Cluster } from '../api-server/cluster.ts';
import type { ApiObject } from '../api-server/objects.ts';
import { updateObject } from '../api-server/registry.ts';
import { services } from '../api-server/resources.ts';
import { specOf } from '../api-server/service-spec.ts';

export class LoadBalancerController {
  readonly #cluster: Cluster;
  readonly #stopListening: () => void;
  #lastNumber = 9;

  /** Starts with the Services that exist, and follows them until close(). */
  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    for (const service of cluster.store.list(services.bucket)) this.#sync(service);
    this.#stopListening = cluster.store.onChange(services.bucket, ({ current }) => {
      if (current) this.#sync(current);
    });
  }

  close(): void {
    this.#stopListening();
  }

  #sync(service: ApiObject): void {
    const { type, ipFamilies = [] } = specOf(service);
    if (type !== 'LoadBalancer' || loadBalancerIps(service).length > 0) return;
    const number = ++this.#lastNumber;
    const ips = { IPv4: `203.0.113.${number}`, IPv6: `2001:db8:113::${number}` };
    const ingress = ipFamilies.map((family) => ({ ip: ips[family], ipMode: 'VIP' }));
    const { namespace, name } = service.metadata;
    const change = (previous: ApiObject) => ({ ...previous, status: { loadBalancer: { ingress } } });
    updateObject(this.#cluster, services, { namespace, name }, change, { subresource: 'status' });
  }
}

/** The addresses of `status.loadBalancer.ingress`. */
export function loadBalancerIps(service: ApiObject): string[] {
  const { ingress } = objectOf(objectOf(service['status'])['loadBalancer']);
  return arrayOf(ingress).flatMap((entry) => {
    const { ip } = objectOf(entry);
    return typeof ip === 'string' ? [ip] : [];
  });
}
