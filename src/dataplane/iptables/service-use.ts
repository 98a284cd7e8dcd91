// Which chains a service port needs, and by which names: one answer for those that render the chains and those that render
// the rules that lead to them.
import { servicePortNameText } from '../../model/names.ts';
import type { TrafficPolicy } from '../../model/records.ts';
import { endpointsOf, type Frontend, type ServicePlan } from '../../plan/plan.ts';
import { servicePortHash } from './names.ts';

export interface ServiceUse {
  /** `namespace/name:port`, for comments. */
  readonly text: string;
  /** The frontends that the service port has not lost to another. */
  readonly frontends: readonly Frontend[];
  /** The chain that picks one of the policy's endpoints; undefined when nothing leads to it. */
  readonly balanceChain: { readonly [policy in TrafficPolicy]: string | undefined };
  /** The chain for external destinations; undefined when these get a verdict only. */
  readonly externalChain: string | undefined;
  /** The chain that lets only allowed sources pass, in nat and in filter; undefined when all are allowed. */
  readonly firewallChain: string;
  readonly isFirewalled: boolean;
}

export function serviceUse(plan: ServicePlan): ServiceUse {
  const hash = servicePortHash(plan.name);
  const frontends = plan.frontends.filter(({ lostTo }) => lostTo === undefined);
  const hasInternal = frontends.some(({ kind }) => kind === 'ClusterIP');
  const hasExternal = frontends.some(({ kind }) => kind !== 'ClusterIP');
  const isUsed = (policy: TrafficPolicy) =>
    endpointsOf(plan, policy).length > 0 &&
    ((hasInternal && plan.internal.policy === policy) ||
      // Pods and the node itself may use all endpoints under the Local policy too.
      (hasExternal && (plan.external.policy === policy || policy === 'Cluster')));
  const hasExternalChain =
    hasExternal &&
    (plan.clusterEndpoints.length > 0 ||
      (plan.external.policy === 'Local' && plan.localEndpoints.length > 0));
  return {
    text: servicePortNameText(plan.name),
    frontends,
    balanceChain: {
      Cluster: isUsed('Cluster') ? `KUBE-SVC-${hash}` : undefined,
      Local: isUsed('Local') ? `KUBE-SVL-${hash}` : undefined,
    },
    externalChain: hasExternalChain ? `KUBE-EXT-${hash}` : undefined,
    firewallChain: `KUBE-FW-${hash}`,
    isFirewalled:
      plan.allowedSources !== undefined && frontends.some(({ kind }) => kind === 'LoadBalancerIP'),
  };
}
