// Which UDP flows are wrong. Pure: flows and the committed plan in, a decision for each flow out.
import type { EndpointInfo } from '../model/endpoint-info.ts';
import { type Ip, joinHostPort } from '../model/ip.ts';
import type { UdpFlow } from './flow-table.ts';
import { servingEndpoints, type UdpFrontends } from './udp-frontends.ts';

/**
 * A test for flows, which always follows what `frontends` says at that moment. Stale are, of the flows to our frontends:
 * - those that are answered from where no endpoint serves (any more), and those that get past NAT although there are endpoints;
 * - without endpoints, and when the frontend is gone, all that were translated. Those that were not can stay: there is nobody
 *   to lead them to.
 * Others' flows never are: their destinations are not our frontends.
 */
export function createStaleFlowTest(
  frontends: Pick<UdpFrontends, 'endpointsFor'>,
): (flow: UdpFlow) => boolean {
  const known = new Map<readonly EndpointInfo[], ReadonlySet<string>>();
  const servingOf = (endpoints: readonly EndpointInfo[]) => {
    const serving = known.get(endpoints) ?? servingEndpoints(endpoints);
    known.set(endpoints, serving);
    return serving;
  };
  return (flow) => {
    const endpoints = frontends.endpointsFor(flow);
    if (!endpoints) return false;
    const serving = servingOf(endpoints);
    // The kernel has one text for an address, which is the canonical one.
    if (serving.size > 0) return !serving.has(joinHostPort(flow.replyIp as Ip, flow.replyPort));
    return isTranslated(flow);
  };
}

function isTranslated({ destinationIp, destinationPort, replyIp, replyPort }: UdpFlow): boolean {
  return replyPort !== destinationPort || replyIp !== destinationIp;
}
