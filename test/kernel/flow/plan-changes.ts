// Small changes of plans, of which seeded faults are made.
import { hostCidr, parseCidr, parseIp } from '../../../src/model/ip.ts';
import {
  endpointsOf,
  type Frontend,
  type FrontendKind,
  type GlobalPlan,
  type PlannedEndpoint,
  type ServicePlan,
  type TrafficPlan,
} from '../../../src/plan/plan.ts';
import type { NodeName } from './world.ts';

export function cluster(verdict: TrafficPlan['verdict']): TrafficPlan {
  return { policy: 'Cluster', verdict };
}

export function local(verdict: TrafficPlan['verdict']): TrafficPlan {
  return { policy: 'Local', verdict };
}

export function withVerdict(
  plan: TrafficPlan,
  from: TrafficPlan['verdict'],
  to: TrafficPlan['verdict'],
): TrafficPlan {
  return plan.verdict === from ? { ...plan, verdict: to } : plan;
}

export function withSourceCidr(plan: GlobalPlan, text: string): GlobalPlan {
  const cidr = parseCidr(text);
  return cidr ? { ...plan, localDetector: { kind: 'source-cidr', cidr } } : plan;
}

export function allReady({ allEndpoints }: ServicePlan): PlannedEndpoint[] {
  return allEndpoints.filter(({ record }) => record.ready);
}

export function localReady(plan: ServicePlan, node: NodeName): PlannedEndpoint[] {
  return allReady(plan).filter((endpoint) => isOn(node, endpoint));
}

export function isOn(node: NodeName, { record }: PlannedEndpoint): boolean {
  return record.nodeName === node;
}

export function withEndpoints(
  plan: ServicePlan,
  change: (endpoint: PlannedEndpoint) => PlannedEndpoint,
): ServicePlan {
  return {
    ...plan,
    clusterEndpoints: endpointsOf(plan, 'Cluster').map(change),
    localEndpoints: endpointsOf(plan, 'Local').map(change),
  };
}

export function withFrontends(plan: ServicePlan, change: (frontend: Frontend) => Frontend): ServicePlan {
  return { ...plan, frontends: plan.frontends.map(change) };
}

export function withoutFrontends(plan: ServicePlan, kind: FrontendKind): ServicePlan {
  return { ...plan, frontends: plan.frontends.filter((frontend) => frontend.kind !== kind) };
}

export function withoutAllowedVips(plan: ServicePlan): ServicePlan {
  const vips = plan.frontends.flatMap(({ kind, ip }) =>
    kind === 'LoadBalancerIP' && ip ? [hostCidr(ip)] : [],
  );
  return { ...plan, allowedSources: plan.allowedSources?.filter((source) => !vips.includes(source)) };
}

export function withLoadBalancerIp(plan: ServicePlan, text: string): ServicePlan {
  const ip = parseIp(text);
  const vips = plan.frontends
    .filter(({ kind }) => kind === 'ClusterIP')
    .map((frontend): Frontend => ({ ...frontend, kind: 'LoadBalancerIP', ip }));
  return { ...plan, frontends: [...plan.frontends, ...vips] };
}

export function withOtherWinner(plan: ServicePlan, elder: string, younger: string): ServicePlan {
  const isLoser = plan.name.name === elder;
  if (!isLoser && plan.name.name !== younger) return plan;
  const lostTo = isLoser ? plan.key : undefined;
  return withFrontends(plan, (frontend) =>
    frontend.kind === 'ExternalIP' ? { ...frontend, lostTo } : frontend,
  );
}
