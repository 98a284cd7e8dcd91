// What becomes of the traffic to one frontend: in which maps it is, with which verdicts, and which endpoints it has. The one place that
// turns policies into chains (KP 3.5; evaluate.ts of the plan says the same of packets).
import { type IpFamily, isUnspecified } from '../../model/ip.ts';
import type { TrafficPolicy } from '../../model/records.ts';
import type { Frontend, FrontendKind, PlannedEndpoint, TrafficPlan } from '../../plan/plan.ts';
import type { Packed, Verdict } from './element.ts';
import type { ServiceLayout } from './layout.ts';
import { externalChain, pickChain, REJECTING, type Serves, stickyChain } from './names.ts';
import { pack, packIp, packPort, packProtocol, zeroAddress } from './packed.ts';
import { type FixedSetName, PICK_SIZES } from './schema.ts';

export type VerdictMap = Extract<
  FixedSetName,
  'frontends' | 'picks' | 'local-picks' | 'sticky-picks' | 'sticky-local-picks' | 'refusals'
>;

export interface FrontendUse {
  readonly key: Packed;
  readonly verdicts: { readonly [map in VerdictMap]: Verdict | undefined };
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
  const affinitySeconds = cluster.length + local.length > 0 ? plan.affinitySeconds : 0;
  return {
    key: packFrontend(frontend, family),
    verdicts: {
      ...ways({
        ...{ kind, policy: traffic.policy, isSticky: affinitySeconds > 0 },
        ...{ cluster: cluster.length, local: local.length },
      }),
      refusals: refusalOf(traffic),
    },
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

/** From the frontend to the chain that picks an endpoint. */
function ways({
  kind,
  policy,
  cluster,
  local,
  isSticky,
}: Destination): Omit<FrontendUse['verdicts'], 'refusals'> {
  const isNodePort = kind === 'NodePort';
  const clusterWay = wayToPick({ isNodePort, isLocal: false }, cluster, isSticky);
  const localWay = wayToPick({ isNodePort, isLocal: true }, local, isSticky);
  const sticky = { 'sticky-picks': clusterWay.afterSticky, 'sticky-local-picks': localWay.afterSticky };
  if (kind === 'ClusterIP') {
    // One policy holds for everybody, so the first map decides at once.
    return {
      ...sticky,
      frontends: clusterWay.first ?? localWay.first,
      picks: undefined,
      'local-picks': undefined,
    };
  }
  const external = externalChain({ isNodePort, isLocal: policy === 'Local' });
  return {
    ...sticky,
    frontends: cluster + local > 0 ? `goto ${external}` : undefined,
    picks: clusterWay.first,
    'local-picks': localWay.first,
  };
}

interface WayToPick {
  readonly first?: Verdict;
  readonly afterSticky?: Verdict;
}

function wayToPick(serves: Serves, endpoints: number, isSticky: boolean): WayToPick {
  const size = PICK_SIZES.find((candidate) => candidate >= endpoints);
  if (endpoints === 0 || !size) return {};
  const pick: Verdict = `goto ${pickChain(serves, size)}`;
  return isSticky ? { first: `goto ${stickyChain(serves)}`, afterSticky: pick } : { first: pick };
}
