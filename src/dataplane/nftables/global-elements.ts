// The elements that belong to no Service: what holds for all of the family on this node.
import { isUnspecified } from '../../model/ip.ts';
import type { GlobalPlan } from '../../plan/plan.ts';
import { disjointRanges } from './disjoint-ranges.ts';
import type { Element } from './element.ts';
import { packIp } from './packed.ts';
import type { SetName } from './schema.ts';

/** The sets that hold nothing else. */
export const GLOBAL_SETS: readonly SetName[] = ['service-cidrs', 'node-port-addresses'];

/** None of NodePorts when these answer on all addresses of the node. */
export function globalElements({ serviceCidrs, nodePortAddresses }: GlobalPlan): Element[] {
  const ranges = disjointRanges(serviceCidrs);
  const ips = nodePortAddresses.kind === 'only' ? nodePortAddresses.ips : [];
  return [
    ...ranges.map(({ first, last }): Element => ({ set: 'service-cidrs', key: first, keyEnd: last })),
    ...ips
      .filter((ip) => !isUnspecified(ip))
      .map((ip): Element => ({ set: 'node-port-addresses', key: packIp(ip) })),
  ];
}
