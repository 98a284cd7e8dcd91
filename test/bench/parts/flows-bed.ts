// Our pipeline with the reconciler of UDP flows beside it, and a large table of flows: most of them right, some of an endpoint
// that is about to leave.
import { type FlowCheckReport, FlowReconciler } from '../../../src/flows/flow-reconciler.ts';
import type { EndpointSliceRecord } from '../../../src/model/records.ts';
import { Conntrack } from '../../../src/system/conntrack.ts';
import type { ConntrackFlow } from '../../../src/system/netlink/conntrack-flow.ts';
import { NETLINK_NETFILTER, openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { anEndpoint, anEndpointPort, aService, aServicePort, aSlice, ip } from '../../builders/records.ts';
import { type Address, type TrackedFlow, trackFlows } from '../../builders/tracked-flows.ts';
import { recordsOf } from '../populations/records.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import type { Netns, NetnsFactory } from './netns.ts';
import { createOurs, type Ours } from './ours.ts';

const FRONTEND: Address = { ip: '10.96.0.10', port: 53 };
const STAYING: Address = { ip: '10.244.200.1', port: 5353 };
const LEAVING: Address = { ip: '10.244.200.2', port: 5353 };
const FLOWS_PER_STALE = 1_000;
const PORTS = 60_000;
const FIRST_PORT = 1_024;

export interface FlowsBedOptions {
  readonly factory: NetnsFactory;
  readonly population: readonly PopulationService[];
  /** Half of them in our network namespace, half in another one: the kernel walks through all of the machine's. */
  readonly flows: number;
}

export class FlowsBed {
  readonly ours: Ours;
  readonly #netns: Netns;
  readonly #staleFlows: readonly TrackedFlow[];
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  #onCheck: (report: FlowCheckReport) => void = () => {};

  /** Synced and checked. */
  static async start({ factory, population, flows }: FlowsBedOptions): Promise<FlowsBed> {
    const [netns, other] = [await factory.create(), await factory.create()];
    for (const { name } of [netns, other]) track(name, flowsTo(STAYING, 0, flows / 2));
    const bed = new FlowsBed(netns, population, flows);
    const firstCheck = bed.nextCheck();
    await bed.ours.sync('start');
    await firstCheck;
    return bed;
  }

  private constructor(netns: Netns, population: readonly PopulationService[], flows: number) {
    this.#netns = netns;
    this.#staleFlows = Array.from(flowsTo(LEAVING, flows / 2, flows / 2 / FLOWS_PER_STALE));
    const reconciler = new FlowReconciler<ConntrackFlow>({
      family: 'IPv4',
      openTable: () => inNetns(netns.name, () => Conntrack.open(openNetlinkSocket)),
      observer: {
        onCheck: (report) => this.#onCheck(report),
        onFailure: (_, error) => console.error(error),
      },
      clock: systemClock,
      random: Math.random,
    });
    const { services, slices } = recordsOf(population);
    const records = { services: [...services, UDP_SERVICE], slices: [...slices, udpSlice(STAYING, LEAVING)] };
    this.ours = createOurs(netns, 'legacy', records, {
      onSyncStart: () => reconciler.onSyncStart(),
      onCommit: (change) => reconciler.onCommit(change),
      onSync: ({ family, cause }) =>
        reconciler.onSyncEnd({ family, hasFailed: false, isComplete: cause !== 'changes' }),
    });
    this.#running = reconciler.run(this.#end.signal);
  }

  nextCheck(): Promise<FlowCheckReport> {
    return new Promise((resolve) => {
      this.#onCheck = resolve;
    });
  }

  /** An endpoint leaves. Resolves when the rules say so; the removal of its flows has just begun. */
  async beginRemoval(): Promise<{ readonly removal: Promise<FlowCheckReport> }> {
    track(this.#netns.name, this.#staleFlows);
    const removal = this.nextCheck();
    this.#putEndpoints(STAYING);
    await this.ours.sync('changes');
    return { removal };
  }

  /** The endpoint is back, after its flows have been removed. */
  async endRemoval(removal: Promise<FlowCheckReport>): Promise<void> {
    const { removed } = await removal;
    if (removed !== this.#staleFlows.length) throw new Error(`${removed} stale flows were removed`);
    this.#putEndpoints(STAYING, LEAVING);
    await this.ours.sync('changes');
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#running;
    await this.#netns.remove();
  }

  #putEndpoints(...endpoints: readonly Address[]): void {
    this.ours.model.handleEndpointSlice({ kind: 'put', record: udpSlice(...endpoints) });
  }
}

const UDP_SERVICE = aService({
  name: 'dns',
  clusterIps: [ip(FRONTEND.ip)],
  ports: [aServicePort({ protocol: 'UDP', port: FRONTEND.port })],
});

function udpSlice(...endpoints: readonly Address[]): EndpointSliceRecord {
  return aSlice({
    serviceName: 'dns',
    endpoints: endpoints.map((endpoint) => anEndpoint({ ip: ip(endpoint.ip) })),
    ports: [anEndpointPort({ protocol: 'UDP', port: STAYING.port })],
  });
}

/** Each from a client and source port of its own, counted from `first`. */
function* flowsTo(replySource: Address, first: number, count: number): Generator<TrackedFlow> {
  for (let i = first; i < first + count; i++) {
    const client = `10.245.${Math.floor(i / PORTS)}.1`;
    const source = { ip: client, port: FIRST_PORT + (i % PORTS) };
    yield { protocol: 'UDP', source, destination: FRONTEND, replySource };
  }
}

function track(netns: string, flows: Iterable<TrackedFlow>): void {
  const socket = inNetns(netns, () => openNetlinkSocket({ protocol: NETLINK_NETFILTER }));
  trackFlows(socket, flows);
  socket.close();
}
