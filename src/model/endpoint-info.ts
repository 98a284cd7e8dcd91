// One endpoint of one service port, as the planner selects it (upstream: BaseEndpointInfo in pkg/proxy/endpoint.go).
import type { Ip } from './ip.ts';
import type { EndpointRecord } from './records.ts';

export interface EndpointInfo {
  readonly ip: Ip;
  readonly port: number;
  /** Everything that the slice says of the address; shared by all ports of the slice. */
  readonly record: EndpointRecord;
}
