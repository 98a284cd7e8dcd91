// The first packet of a connection, as far as a service proxy looks at it.
import type { Ip } from '../model/ip.ts';
import type { Protocol } from '../model/names.ts';

export interface Packet {
  readonly sourceIp: Ip;
  /** Sent by a process in the node's own network namespace; pods with hostNetwork are such. */
  readonly isFromNode: boolean;
  /** undefined for packets that the node itself sends. */
  readonly inputInterface: string | undefined;
  readonly destinationIp: Ip;
  readonly destinationPort: number;
  readonly protocol: Protocol;
}
