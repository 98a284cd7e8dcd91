// Everything that is watched, delivered to the mirror: four resources of the API server and the node's own addresses.
import type { BaseLogger } from 'pino';
import type { ApiReader } from '../kube/api-client.ts';
import { Reflector, type ReflectorStatus } from '../kube/reflector.ts';
import { endpointSlices, ownNode, type Resource, serviceCidrs, services } from '../kube/resources.ts';
import { parseIp } from '../model/ip.ts';
import type { NodeRecord, ServiceRecord, WatchEvent } from '../model/records.ts';
import type { ModelState } from '../sync/model-state.ts';
import type { WatchNodeAddresses } from '../system/node-addresses.ts';
import type { Clock } from '../util/clock.ts';
import { createIntern, type Intern } from '../util/intern.ts';

export interface WatchesOptions {
  readonly client: ApiReader;
  readonly nodeName: string;
  readonly model: ModelState;
  /** False: `spec.externalIPs` counts for nothing. */
  readonly allowsExternalIps: boolean;
  /** Called with our Node whenever it may have changed; undefined: it does not exist. */
  readonly onNode: (node: NodeRecord | undefined) => void;
  readonly watchNodeAddresses: WatchNodeAddresses;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Pick<BaseLogger, 'warn'>;
  readonly signal: AbortSignal;
}

export interface Watches {
  /** How old what each watch knows is. */
  status(): readonly ReflectorStatus[];
  /** Resolves when nothing is open any more. */
  stop(): Promise<void>;
}

/** Starts all watches. The list of addresses is there when it returns. */
export function startWatches(options: WatchesOptions): Watches {
  const { model, nodeName, allowsExternalIps, onNode } = options;
  watchAddresses(options);
  // One table for all: Services, slices and the Node name the same namespaces, nodes and zones.
  const shared = { ...options, intern: createIntern() };
  const reflectors = [
    reflect(shared, services, (event) =>
      model.handleService(allowsExternalIps ? event : withoutExternalIps(event)),
    ),
    reflect(shared, endpointSlices, (event) => model.handleEndpointSlice(event)),
    reflect(shared, ownNode(nodeName), (event) => {
      model.handleNode(event);
      onNode(model.latestNode(nodeName));
    }),
    reflect(shared, serviceCidrs, (event) => model.handleServiceCidr(event)),
  ];
  return {
    status: () => reflectors.map((reflector) => reflector.status()),
    stop: async () => {
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
    },
  };
}

function reflect<Record>(
  { client, intern, clock, random, log }: WatchesOptions & { readonly intern: Intern },
  resource: Resource<Record>,
  onEvent: (event: WatchEvent<Record>) => void,
): Pick<Reflector<Record>, 'status' | 'stop'> {
  const reflector = new Reflector({ resource, client, onEvent, intern, clock, random, log });
  reflector.start();
  return reflector;
}

function withoutExternalIps(event: WatchEvent<ServiceRecord>): WatchEvent<ServiceRecord> {
  return event.kind === 'put' ? { ...event, record: { ...event.record, externalIps: [] } } : event;
}

function watchAddresses({ watchNodeAddresses, model, log, signal }: WatchesOptions): void {
  watchNodeAddresses({
    signal,
    onChange: (addresses) => {
      model.handleAddresses(addresses.map(({ ip }) => parseIp(ip)).filter((ip) => ip !== undefined));
    },
    onError: (error) => log.warn({ err: error }, 'node addresses may be out of date'),
  });
}
