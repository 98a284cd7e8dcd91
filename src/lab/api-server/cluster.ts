// A cluster's state: the store, the rules for each kind, and what exists in every cluster from the start.
import { parseCidr } from '../../model/ip.ts';
import type { Clock } from '../../util/clock.ts';
import { addressAt, addressRange } from './address-range.ts';
import { endpointSliceStrategy } from './endpoint-slice-strategy.ts';
import { createObject } from './registry.ts';
import type { HandlerDeps } from './resource-handler.ts';
import { namespaces, type Resource, serviceCidrs, services } from './resources.ts';
import { ServiceAddresses } from './service-addresses.ts';
import { serviceCidrStrategy } from './service-cidr-strategy.ts';
import { serviceStrategy } from './service-strategy.ts';
import { ObjectStore } from './store.ts';
import {
  daemonSetStrategy,
  eventStrategy,
  namespaceStrategy,
  nodeStrategy,
  storedStrategy,
} from './strategies.ts';
import type { Strategy } from './strategy.ts';

export interface ClusterOptions {
  readonly clock: Clock;
  /** At most one of each family; the first gives the cluster's default family. */
  readonly serviceCidrs: readonly string[];
  /** In [0, 1), for addresses that are chosen at random. */
  readonly random?: () => number;
  readonly bookmarkIntervalMs?: number;
  /** How many changes of a kind a watch may be behind. */
  readonly maxLogLength?: number;
}

/** Everything that handlers need, and what tests and the lab use to read and write objects without HTTP. */
export type Cluster = HandlerDeps;

const INITIAL_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

export function createCluster(options: ClusterOptions): Cluster {
  const { clock, random = Math.random, bookmarkIntervalMs = 60_000, maxLogLength } = options;
  const store = new ObjectStore(maxLogLength === undefined ? {} : { maxLogLength });
  const strategies: Readonly<Record<string, Strategy>> = {
    namespaces: namespaceStrategy,
    nodes: nodeStrategy,
    services: serviceStrategy(new ServiceAddresses(store, random)),
    endpointslices: endpointSliceStrategy,
    servicecidrs: serviceCidrStrategy(clock),
    events: eventStrategy,
    daemonsets: daemonSetStrategy,
  };
  const strategyOf = ({ bucket }: Resource): Strategy => strategies[bucket] ?? storedStrategy;
  const cluster = { store, clock, strategyOf, bookmarkIntervalMs, defaultTimeoutSeconds: 1_800 };
  seed(cluster, options.serviceCidrs);
  return cluster;
}

function seed(cluster: Cluster, cidrs: readonly string[]): void {
  for (const name of INITIAL_NAMESPACES) createObject(cluster, namespaces, undefined, { metadata: { name } });
  createObject(cluster, serviceCidrs, undefined, { metadata: { name: 'kubernetes' }, spec: { cidrs } });
  createObject(cluster, services, 'default', {
    metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { clusterIP: firstAddress(cidrs), ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
  });
}

/** By convention the API server has the first address of the first range. */
function firstAddress([first = '']: readonly string[]): string {
  const cidr = parseCidr(first);
  if (!cidr) throw new Error(`not a network: ${first}`);
  return addressAt(addressRange(cidr), 0n);
}
