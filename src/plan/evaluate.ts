// Asks the plan what happens to the first packet of a connection, and why. The verdicts are those of kube-proxy's nftables
// mode, which all dataplanes follow; the tests compare them with what each kernel does.
import { cidrContains } from '../model/ip.ts';
import type { TrafficPolicy } from '../model/records.ts';
import { assertNever } from '../util/assert-never.ts';
import { findTarget, type Target } from './find-target.ts';
import type { Packet } from './packet.ts';
import {
  endpointsOf,
  type Frontend,
  type GlobalPlan,
  type LocalDetector,
  type PlannedEndpoint,
  type ProxyPlan,
  type ServicePlan,
} from './plan.ts';

export type Evaluation =
  | {
      readonly verdict: 'balance';
      readonly service: ServicePlan;
      readonly frontend: Frontend;
      /** One of these gets the connection, each as likely as the others. */
      readonly endpoints: readonly PlannedEndpoint[];
      readonly why: BalanceReason;
      readonly masquerade: Masquerade;
    }
  | {
      readonly verdict: 'reject' | 'drop';
      /** undefined where no single service port decides. */
      readonly service: ServicePlan | undefined;
      readonly why: RefusalReason;
    }
  | { readonly verdict: 'not-ours' };

export type BalanceReason =
  | 'cluster-policy'
  | 'local-policy'
  /** External Local policy, but pods of this node reach all endpoints, as they would without the detour. */
  | 'local-policy-passed-by-pod'
  /** External Local policy, but the node itself reaches all endpoints. */
  | 'local-policy-passed-by-node';

export type RefusalReason =
  | 'no-endpoints'
  | 'no-local-endpoints'
  | 'source-not-allowed'
  /** The address is a ClusterIP, but no service port of it has this port and protocol. */
  | 'unknown-port'
  /** The address is in a ServiceCIDR, but no Service has it. */
  | 'unallocated-address';

/** Whether the endpoint sees the node's address in the place of the client's. */
export type Masquerade =
  | {
      readonly when: 'always';
      readonly why: 'masquerade-all' | 'not-from-local-pod' | 'external-traffic' | 'from-node';
    }
  /** Only if the client is balanced to itself; it is one of the endpoints. */
  | { readonly when: 'hairpin' }
  | { readonly when: 'never' };

/** Looks at every Service: meant for people and tests, not for every packet. */
export function evaluate(plan: ProxyPlan, packet: Packet): Evaluation {
  const target = findTarget(plan, packet);
  if (!target) return evaluateUnclaimed(plan, packet);
  // Before all else: a client that may not connect learns nothing of the endpoints.
  if (!isSourceAllowed(target, packet)) return refusal('drop', target.service, 'source-not-allowed');
  return target.frontend.kind === 'ClusterIP'
    ? evaluateInternal(plan.global, target, packet)
    : evaluateExternal(plan.global, target, packet);
}

function evaluateUnclaimed({ services, global }: ProxyPlan, { destinationIp }: Packet): Evaluation {
  const isClusterIp = services
    .values()
    .some(({ frontends }) => frontends.some(({ kind, ip }) => kind === 'ClusterIP' && ip === destinationIp));
  if (isClusterIp) return refusal('reject', undefined, 'unknown-port');
  const isServiceCidr = global.serviceCidrs.some((cidr) => cidrContains(cidr, destinationIp));
  return isServiceCidr ? refusal('drop', undefined, 'unallocated-address') : { verdict: 'not-ours' };
}

function isSourceAllowed({ service, frontend }: Target, { sourceIp }: Packet): boolean {
  if (frontend.kind !== 'LoadBalancerIP' || !service.allowedSources) return true;
  return service.allowedSources.some((cidr) => cidrContains(cidr, sourceIp));
}

function evaluateInternal(global: GlobalPlan, target: Target, packet: Packet): Evaluation {
  const { policy, verdict } = target.service.internal;
  if (verdict !== 'balance') return refusalOf(verdict, target.service);
  return balance(target, packet, policy, {
    masquerade: masqueradeInternal(global, packet),
    why: reasonFor(policy),
  });
}

/** Without a detector nobody can be told from a local pod, so nobody is masqueraded. */
function masqueradeInternal(global: GlobalPlan, packet: Packet): Masquerade {
  if (global.masqueradeAll) return { when: 'always', why: 'masquerade-all' };
  if (global.localDetector.kind === 'none' || isLocalPod(global.localDetector, packet))
    return { when: 'never' };
  return { when: 'always', why: 'not-from-local-pod' };
}

function evaluateExternal(global: GlobalPlan, target: Target, packet: Packet): Evaluation {
  const { policy, verdict } = target.service.external;
  if (verdict === 'reject') return refusalOf(verdict, target.service);
  if (policy === 'Local') return evaluateExternalLocal(global, target, packet);
  return balance(target, packet, 'Cluster', {
    masquerade: { when: 'always', why: 'external-traffic' },
    why: 'cluster-policy',
  });
}

/** Local keeps the client's address and is for clients outside; who is inside already takes the short cut. */
function evaluateExternalLocal(global: GlobalPlan, target: Target, packet: Packet): Evaluation {
  if (isLocalPod(global.localDetector, packet)) {
    return balance(target, packet, 'Cluster', {
      masquerade: { when: 'never' },
      why: 'local-policy-passed-by-pod',
    });
  }
  if (isFromNode(global, packet)) {
    return balance(target, packet, 'Cluster', {
      masquerade: { when: 'always', why: 'from-node' },
      why: 'local-policy-passed-by-node',
    });
  }
  const { verdict } = target.service.external;
  if (verdict !== 'balance') return refusalOf(verdict, target.service);
  return balance(target, packet, 'Local', { masquerade: { when: 'never' }, why: 'local-policy' });
}

function isLocalPod(detector: LocalDetector, { sourceIp, inputInterface }: Packet): boolean {
  switch (detector.kind) {
    case 'none':
      return false;
    case 'source-cidr':
      return cidrContains(detector.cidr, sourceIp);
    case 'input-interface':
      return inputInterface === detector.name;
    case 'input-interface-prefix':
      return inputInterface?.startsWith(detector.prefix) ?? false;
    default:
      return assertNever(detector);
  }
}

function isFromNode({ nodeAddresses }: GlobalPlan, { isFromNode, sourceIp }: Packet): boolean {
  return isFromNode || nodeAddresses.includes(sourceIp);
}

function balance(
  { service, frontend }: Target,
  packet: Packet,
  policy: TrafficPolicy,
  { masquerade, why }: { readonly masquerade: Masquerade; readonly why: BalanceReason },
): Evaluation {
  const endpoints = endpointsOf(service, policy);
  const isHairpin = endpoints.some(
    ({ ip, isHairpinPossible }) => isHairpinPossible && ip === packet.sourceIp,
  );
  return {
    verdict: 'balance',
    service,
    frontend,
    endpoints,
    why,
    masquerade: masquerade.when === 'never' && isHairpin ? { when: 'hairpin' } : masquerade,
  };
}

function reasonFor(policy: TrafficPolicy): BalanceReason {
  return policy === 'Local' ? 'local-policy' : 'cluster-policy';
}

function refusalOf(verdict: 'reject' | 'drop', service: ServicePlan): Evaluation {
  return refusal(verdict, service, verdict === 'reject' ? 'no-endpoints' : 'no-local-endpoints');
}

function refusal(
  verdict: 'reject' | 'drop',
  service: ServicePlan | undefined,
  why: RefusalReason,
): Evaluation {
  return { verdict, service, why };
}
