// Who counts as a local pod, and which addresses answer on NodePorts, as parts of rules.
import type { Cidr, IpFamily } from '../../model/ip.ts';
import type { GlobalPlan, LocalDetector } from '../../plan/plan.ts';
import { assertNever } from '../../util/assert-never.ts';
import { hasPrefix, inputInterface, inputInterfacePrefix, isLocalAddress, type Operator } from './match.ts';
import { ADDRESS_FIELDS } from './packet-field.ts';
import { inSet, type RulePart } from './rule.ts';

/** undefined: nobody can be told from a local pod. The node itself, which has no input interface, is none. */
export function fromLocalPod(detector: LocalDetector): RulePart | undefined {
  return compareSource(detector, 'equal');
}

/** The opposite; undefined as well when nobody can be told. */
export function notFromLocalPod(detector: LocalDetector): RulePart | undefined {
  return compareSource(detector, 'not-equal');
}

function compareSource(detector: LocalDetector, operator: Operator): RulePart | undefined {
  switch (detector.kind) {
    case 'none':
      return undefined;
    case 'source-cidr':
      return hasPrefix('source', detector.cidr, operator);
    case 'input-interface':
      return inputInterface(detector.name, operator);
    case 'input-interface-prefix':
      return inputInterfacePrefix(detector.prefix, operator);
    default:
      return assertNever(detector);
  }
}

/** The loopback network of each family; of IPv6 it is one address. */
export const LOOPBACK = { IPv4: '127.0.0.0/8' as Cidr, IPv6: '::1/128' as Cidr };

/** The packet is for an address of this node that answers on NodePorts. */
export function toNodePortAddress(family: IpFamily, global: GlobalPlan): RulePart {
  if (global.nodePortAddresses.kind === 'only')
    return inSet([ADDRESS_FIELDS[family].destination], 'node-port-addresses');
  const notLoopback = hasPrefix('destination', LOOPBACK[family], 'not-equal');
  // The route is looked up last because that costs more than all the rest.
  return [...(global.hasLocalhostNodePorts ? [] : notLoopback), ...isLocalAddress('destination')];
}
