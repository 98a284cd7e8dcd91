// The port to the kernel's table of tracked connections: as much of it as the reconciler needs.
import type { Ip, IpFamily } from '../model/ip.ts';

/** What packets of UDP are addressed to before NAT. */
export interface UdpDestination {
  /** undefined: any. */
  readonly ip: Ip | undefined;
  readonly port: number;
}

/** A tracked UDP flow. Its IP addresses are canonical text, as Ip; reading them costs more than reading the ports. */
export interface UdpFlow {
  readonly destinationIp: string;
  readonly destinationPort: number;
  /** Where the answers come from: the endpoint after DNAT, the destination without it. */
  readonly replyIp: string;
  readonly replyPort: number;
}

export interface FlowQuery {
  readonly family: IpFamily;
  /** undefined: all UDP flows of the family. */
  readonly destination: UdpDestination | undefined;
}

export interface FlowTable<Flow extends UdpFlow> {
  /**
   * Lists in parts small enough to be looked at at once; the flows of a part are valid until the next one is taken. Flows
   * that come or go meanwhile may be missing or twice. Rejects when the kernel refuses.
   */
  udpFlows(query: FlowQuery): AsyncIterable<Iterable<Flow>>;
  /** Deletes flows of the part that is valid and answers how many there still were. Throws when the kernel refuses. */
  delete(flows: readonly Flow[]): number;
  close(): void;
}
