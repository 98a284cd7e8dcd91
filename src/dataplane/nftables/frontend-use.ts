// What becomes of the traffic to one frontend: in which sets it is, and which endpoints it has. The one place that turns policies into
// elements (KP 3.5; evaluate.ts of the plan says the same of packets).
import { type IpFamily, isUnspecified } from '../../model/ip.ts';
import type { TrafficPolicy } from '../../model/records.ts';
import type { Frontend, PlannedEndpoint, ServicePlan, TrafficPlan } from '../../plan/plan.ts';
import type { Packed } from './element.ts';
import type { ServiceLayout } from './layout.ts';
import { pack, packIp, packPort, packProtocol, zeroAddress } from './packed.ts';
import { affinitySet, PICK_SIZES, type SetName, sizeSetName } from './schema.ts';

export interface FrontendUse {
  readonly key: Packed;
  /** Sets that say how a connection ends: at one of so many endpoints, or refused. */
  readonly ends: readonly SetName[];
  /** Sets that say what is done with it before. */
  readonly treatments: readonly SetName[];
  /** By slot from 0 on: what everybody gets who gets no others. */
  readonly endpoints: readonly PlannedEndpoint[];
  /** By slot from FIRST_LOCAL_SLOT on: what clients outside get under the external policy Local. */
  readonly localEndpoints: readonly PlannedEndpoint[];
  /** How traffic from outside is treated; undefined for ClusterIPs and without endpoints. */
  readonly externalPolicy: TrafficPolicy | undefined;
  /** Of session affinity; 0 without, or without endpoints. */
  readonly affinitySeconds: number;
  /** Only allowedSources may connect. */
  readonly isRestricted: boolean;
}

/** Of the frontends that the service port has not lost. An unspecified address is that of all nodes and never programmed. */
export function frontendUses(layout: ServiceLayout, family: IpFamily): FrontendUse[] {
  return layout.plan.frontends
    .filter(({ lostTo, ip }) => lostTo === undefined && !(ip && isUnspecified(ip)))
    .map((frontend) => frontendUse(layout, frontend, family));
}

/** The key of the frontend in all sets. A NodePort has the address of all zeros. */
export function packFrontend({ ip, protocol, port }: Frontend, family: IpFamily): Packed {
  return pack(ip ? packIp(ip) : zeroAddress(family), packProtocol(protocol), packPort(port));
}

/** Which endpoints of a layout have the slots from 0 on. The internal policy Local holds for everybody, so there are no others. */
export function sharedEndpoints({ internal }: ServicePlan, { kind }: Frontend): 'cluster' | 'local' {
  return kind === 'ClusterIP' && internal.policy === 'Local' ? 'local' : 'cluster';
}

function frontendUse(layout: ServiceLayout, frontend: Frontend, family: IpFamily): FrontendUse {
  const { plan } = layout;
  const isInternal = frontend.kind === 'ClusterIP';
  const traffic = isInternal ? plan.internal : plan.external;
  const needs = neededEndpoints(traffic, isInternal);
  const endpoints = needs.shared ? layout[sharedEndpoints(plan, frontend)] : [];
  const localEndpoints = needs.local ? layout.local : [];
  const hasEndpoints = endpoints.length + localEndpoints.length > 0;
  const treatment: Treatment = {
    externalPolicy: hasEndpoints && !isInternal ? traffic.policy : undefined,
    affinitySeconds: hasEndpoints ? plan.affinitySeconds : 0,
    isRestricted: frontend.kind === 'LoadBalancerIP' && plan.allowedSources !== undefined,
  };
  return {
    ...{ key: packFrontend(frontend, family), endpoints, localEndpoints },
    ...treatment,
    ends: [...sizeSets(endpoints, false), ...sizeSets(localEndpoints, true), ...refusals(traffic)],
    treatments: [...(hasEndpoints ? entrySets(treatment, frontend) : []), ...treatmentSets(treatment)],
  };
}

/** Under an external Local policy pods and the node itself still get the endpoints of the whole cluster. */
function neededEndpoints({ policy, verdict }: TrafficPlan, isInternal: boolean) {
  return {
    shared: isInternal ? verdict === 'balance' : verdict !== 'reject',
    local: !isInternal && policy === 'Local' && verdict === 'balance',
  };
}

function sizeSets({ length }: readonly PlannedEndpoint[], isLocal: boolean): SetName[] {
  const size = PICK_SIZES.find((candidate) => candidate >= length);
  return length === 0 || !size ? [] : [sizeSetName(size, isLocal)];
}

function refusals({ verdict }: TrafficPlan): SetName[] {
  if (verdict === 'balance') return [];
  return [verdict === 'drop' ? 'dropped-frontends' : 'rejected-frontends'];
}

const EXTERNAL_SETS = {
  Cluster: 'cluster-external-frontends',
  Local: 'local-external-frontends',
} as const;

type Treatment = Pick<FrontendUse, 'externalPolicy' | 'affinitySeconds' | 'isRestricted'>;

/** Where a connection goes first. To NodePorts the addresses of the node lead, not their keys. */
function entrySets({ affinitySeconds }: Treatment, { kind }: Frontend): SetName[] {
  if (kind === 'NodePort') return [];
  return [kind === 'ClusterIP' && affinitySeconds === 0 ? 'plain-frontends' : 'treated-frontends'];
}

function treatmentSets({ externalPolicy, affinitySeconds, isRestricted }: Treatment): SetName[] {
  const sets: SetName[] = [];
  if (externalPolicy) sets.push(EXTERNAL_SETS[externalPolicy]);
  if (affinitySeconds > 0) sets.push(affinitySet(affinitySeconds).name);
  if (isRestricted) sets.push('restricted-frontends');
  return sets;
}
