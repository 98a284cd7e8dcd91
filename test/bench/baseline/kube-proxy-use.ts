// Which chains kube-proxy makes for a service port, and what leads to them (the first part of syncProxyRules' loop).
import { servicePortHash } from '../../../src/dataplane/iptables/names.ts';
import { servicePortNameText } from '../../../src/model/names.ts';
import type { ServicePlan } from '../../../src/plan/plan.ts';

export interface KubeProxyUse {
  readonly plan: ServicePlan;
  /** `namespace/name:port`. */
  readonly text: string;
  readonly hasEndpoints: boolean;
  readonly hasInternalEndpoints: boolean;
  readonly hasExternalEndpoints: boolean;
  readonly usesFirewall: boolean;
  readonly isExternal: boolean;
  readonly chains: {
    readonly cluster: string;
    readonly local: string;
    readonly external: string;
    readonly firewall: string;
    /** The one that traffic to the ClusterIP goes to. */
    readonly internal: string;
    /** The one that traffic to load-balancer IPs goes to. */
    readonly loadBalancer: string;
  };
}

export function kubeProxyUse(plan: ServicePlan): KubeProxyUse {
  const { internal, external, frontends } = plan;
  const hasEndpoints = internal.verdict !== 'reject';
  const usesFirewall =
    hasEndpoints &&
    plan.allowedSources !== undefined &&
    frontends.some(({ kind }) => kind === 'LoadBalancerIP');
  return {
    plan,
    text: servicePortNameText(plan.name),
    hasEndpoints,
    hasInternalEndpoints: internal.verdict === 'balance',
    hasExternalEndpoints: external.verdict === 'balance',
    usesFirewall,
    isExternal: frontends.some(({ kind }) => kind !== 'ClusterIP'),
    chains: chainNames(plan, usesFirewall),
  };
}

function chainNames(plan: ServicePlan, usesFirewall: boolean): KubeProxyUse['chains'] {
  const hash = servicePortHash(plan.name);
  const [cluster, local] = [`KUBE-SVC-${hash}`, `KUBE-SVL-${hash}`];
  const [external, firewall] = [`KUBE-EXT-${hash}`, `KUBE-FW-${hash}`];
  return {
    ...{ cluster, local, external, firewall },
    internal: plan.internal.policy === 'Local' ? local : cluster,
    loadBalancer: usesFirewall ? firewall : external,
  };
}
