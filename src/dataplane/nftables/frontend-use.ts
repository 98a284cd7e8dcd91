// What becomes of the traffic to one frontend: in which maps it is, with which verdicts, and which endpoints it has. The one place that
// turns policies into chains (KP 3.5; evaluate.ts of the plan says the same of packets).
import { type IpFamily, isUnspecified } from '../../model/ip.ts';
import type { TrafficPolicy } from '../../model/records.ts';
import type { Frontend, FrontendKind, PlannedEndpoint, TrafficPlan } from '../../plan/plan.ts';
import type { Packed, Verdict } from './element.ts';
import type { ServiceLayout } from './layout.ts';
import { pickChain, REJECTING, type Serves } from './names.ts';
import { pack, packIp, packPort, packProtocol, zeroAddress } from './packed.ts';
import { type FixedSetName, PICK_SIZES } from './schema.ts';

export type VerdictMap = Extract<FixedSetName, 'frontends' | 'picks' | 'local-picks' | 'refusals'>;

export interface FrontendUse {
  readonly key: Packed;
  readonly verdicts: { readonly [map in VerdictMap]: Verdict | undefined };
  /** How traffic from outside is treated; undefined for ClusterIPs and without endpoints. */
  readonly externalPolicy: TrafficPolicy | undefined;
  /** By slot; empty where traffic to the frontend never gets them. */
  readonly cluster: readonly PlannedEndpoint[];
  readonly local: readonly PlannedEndpoint[];
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

/** The key of the frontend in all maps. A NodePort has the address of all zeros. */
export function packFrontend({ ip, protocol, port }: Frontend, family: IpFamily): Packed {
  return pack(ip ? packIp(ip) : zeroAddress(family), packProtocol(protocol), packPort(port));
}

function frontendUse(layout: ServiceLayout, frontend: Frontend, family: IpFamily): FrontendUse {
  const { plan } = layout;
  const { kind } = frontend;
  const isInternal = kind === 'ClusterIP';
  const traffic = isInternal ? plan.internal : plan.external;
  const needs = neededSets(traffic, isInternal);
  const cluster = needs.cluster ? layout.cluster : [];
  const local = needs.local ? layout.local : [];
  const hasEndpoints = cluster.length + local.length > 0;
  const affinitySeconds = hasEndpoints ? plan.affinitySeconds : 0;
  return {
    key: packFrontend(frontend, family),
    verdicts: {
      ...ways({
        ...{ kind, policy: traffic.policy, isSticky: affinitySeconds > 0 },
        ...{ cluster: cluster.length, local: local.length },
      }),
      refusals: refusalOf(traffic),
    },
    externalPolicy: hasEndpoints && !isInternal ? traffic.policy : undefined,
    cluster,
    local,
    affinitySeconds,
    isRestricted: kind === 'LoadBalancerIP' && plan.allowedSources !== undefined,
  };
}

/** Under an external Local policy pods and the node itself still get the endpoints of the whole cluster. */
function neededSets({ policy, verdict }: TrafficPlan, isInternal: boolean) {
  return {
    cluster: isInternal ? policy === 'Cluster' && verdict === 'balance' : verdict !== 'reject',
    local: policy === 'Local' && verdict === 'balance',
  };
}

function refusalOf({ verdict }: TrafficPlan): Verdict | undefined {
  if (verdict === 'balance') return undefined;
  return verdict === 'drop' ? 'drop' : `goto ${REJECTING}`;
}

/** What decides over the way; of the endpoints their number. */
interface Destination {
  readonly kind: FrontendKind;
  readonly policy: TrafficPolicy;
  readonly cluster: number;
  readonly local: number;
  readonly isSticky: boolean;
}

/** The maps that lead to the chain that picks an endpoint. */
function ways({
  kind,
  policy,
  cluster,
  local,
  isSticky,
}: Destination): Omit<FrontendUse['verdicts'], 'refusals'> {
  const isNodePort = kind === 'NodePort';
  const clusterPick = goToPick({ isNodePort, isLocal: false }, cluster);
  const localPick = goToPick({ isNodePort, isLocal: true }, local);
  if (kind !== 'ClusterIP') return { frontends: undefined, picks: clusterPick, 'local-picks': localPick };
  // One policy holds for everybody, so there is one pick.
  const pick = policy === 'Local' ? localPick : clusterPick;
  const isPlain = !isSticky;
  return {
    frontends: isPlain ? pick : undefined,
    picks: isPlain ? undefined : pick,
    'local-picks': undefined,
  };
}

function goToPick(serves: Serves, endpoints: number): Verdict | undefined {
  const size = PICK_SIZES.find((candidate) => candidate >= endpoints);
  return endpoints === 0 || !size ? undefined : `goto ${pickChain(serves, size)}`;
}
