// From changed Services to the change of a family's plan. Pure and incremental: the cost is that of the Services that
// changed and of those that they share a frontend with.
import { isDeepStrictEqual } from 'node:util';
import type { EndpointSliceCache } from '../model/endpoint-slice-cache.ts';
import { type ObjectKey, objectKey, type ServicePortKey } from '../model/names.ts';
import type { ObjectVersion, ServiceRecord } from '../model/records.ts';
import type { ServicePortInfo } from '../model/service-port-info.ts';
import { servicePortInfosOf } from '../model/service-port-infos.ts';
import { compactArray } from '../util/compact-array.ts';
import type { Cooperative } from '../util/cooperate.ts';
import {
  type ClaimsDraft,
  claimFrontends,
  contests,
  type FrontendKey,
  withdrawFrontends,
  withOwners,
} from './frontend-claims.ts';
import { type GlobalInputs, planGlobal } from './global-plan.ts';
import type { GlobalPlan, ServicePlan } from './plan.ts';
import type { PlanState, PlanStep } from './plan-state.ts';
import { planServicePort, type ServiceContext } from './service-plan.ts';

export interface PlanInputs extends GlobalInputs {
  /** The Services as they are now. What changes during the computation must be in changedServices of the next one. */
  readonly services: ReadonlyMap<ObjectKey, ServiceRecord>;
  readonly endpoints: Pick<EndpointSliceCache, 'endpointsOf'>;
  /** The node, its addresses or the ServiceCIDRs changed; the first plan looks at them anyway. */
  readonly isGlobal: boolean;
  /** Services that are new or gone, or whose record or endpoints changed. */
  readonly changedServices: Iterable<ObjectKey>;
  /** Services of which only metadata changed. */
  readonly touchedServices: Iterable<ObjectKey>;
  /** Service ports that keep the plan that they have, or go on without one: the kernel refused their new one. */
  readonly setAside: { has(key: ServicePortKey): boolean };
}

interface Draft {
  readonly previous: PlanState | undefined;
  readonly inputs: PlanInputs;
  readonly context: ServiceContext;
  readonly services: Map<ServicePortKey, ServicePlan | undefined>;
  readonly claims: ClaimsDraft;
  readonly portsByService: Map<ObjectKey, readonly ServicePortKey[]>;
}

/**
 * The step from `previous` to a plan that is the same as if all had been planned from nothing. Plans every Service when there
 * was nothing before, or when the node's name, zone, IP or local detector changed: dataplanes render Services with these.
 * Service ports that only gained or lost a frontend to a changed one are part of the change. Yields between service ports.
 */
export function* planChanges(previous: PlanState | undefined, inputs: PlanInputs): Cooperative<PlanStep> {
  const draft = newDraft(previous, inputs);
  const { family } = inputs;
  const global = previous && !inputs.isGlobal ? previous.global : planGlobal(inputs);
  for (const service of servicesToPlan(draft, global)) yield* planService(draft, service);
  yield* settleContests(draft);
  const isGlobalChanged = !isDeepStrictEqual(global, previous?.global);
  return {
    change: { family, global: isGlobalChanged ? global : undefined, services: draft.services },
    global,
    context: draft.context,
    claims: draft.claims.changed,
    portsByService: draft.portsByService,
    versions: newVersions(draft),
  };
}

function newDraft(previous: PlanState | undefined, inputs: PlanInputs): Draft {
  const { family, node } = inputs;
  return {
    previous,
    inputs,
    context: { nodeName: node.name, zone: node.zone, nodeIp: node.primaryIps[family] },
    services: new Map(),
    claims: { base: previous?.claims ?? new Map(), changed: new Map() },
    portsByService: new Map(),
  };
}

function servicesToPlan(
  { previous, inputs, context }: Draft,
  { localDetector }: GlobalPlan,
): Iterable<ObjectKey> {
  const isNodeAsBefore =
    isDeepStrictEqual(previous?.context, context) &&
    isDeepStrictEqual(previous?.global.localDetector, localDetector);
  if (isNodeAsBefore) return new Set(inputs.changedServices);
  return new Set([...inputs.services.keys(), ...(previous?.portsByService.keys() ?? [])]);
}

function* planService(draft: Draft, service: ObjectKey): Cooperative<void> {
  const { previous, inputs } = draft;
  const record = inputs.services.get(service);
  const infos = record
    ? servicePortInfosOf(record, inputs.family)
    : new Map<ServicePortKey, ServicePortInfo>();
  const oldKeys = previous?.portsByService.get(service) ?? [];
  for (const key of oldKeys) {
    if (!inputs.setAside.has(key)) removePort(draft, key);
  }
  for (const [key, info] of infos) {
    if (!inputs.setAside.has(key)) addPort(draft, info);
    yield;
  }
  const keptKeys = oldKeys.filter((key) => inputs.setAside.has(key));
  const newKeys = [...infos.keys()].filter((key) => !inputs.setAside.has(key));
  draft.portsByService.set(service, compactArray([...keptKeys, ...newKeys]));
}

function removePort(draft: Draft, key: ServicePortKey): void {
  const plan = draft.previous?.services.get(key);
  if (plan) withdrawFrontends(draft.claims, plan);
  draft.services.set(key, undefined);
}

function addPort(draft: Draft, info: ServicePortInfo): void {
  const { namespace, name, portName, protocol } = info.name;
  const { endpoints, family } = draft.inputs;
  const service = objectKey(namespace, name);
  const plan = planServicePort(
    info,
    endpoints.endpointsOf({ service, portName, protocol, family }),
    draft.context,
  );
  draft.services.set(plan.key, plan);
  claimFrontends(draft.claims, plan, info.createdAt);
}

/** Tells each claimant of a contested frontend whether it has it; each once, however many frontends it contests. */
function* settleContests(draft: Draft): Cooperative<void> {
  const owners = new Map<FrontendKey, ServicePortKey>();
  const claimants = new Set<ServicePortKey>();
  for (const contest of contests(draft.claims)) {
    owners.set(contest.frontend, contest.owner.service);
    for (const { service } of contest.claimants) claimants.add(service);
    yield;
  }
  for (const key of claimants) {
    const plan = draft.services.get(key) ?? draft.previous?.services.get(key);
    const settled = plan && withOwners(plan, owners);
    if (settled !== plan) draft.services.set(key, settled);
    yield;
  }
}

function newVersions({ previous, inputs, portsByService }: Draft): Map<ServicePortKey, ObjectVersion> {
  const versions = new Map<ServicePortKey, ObjectVersion>();
  for (const service of inputs.touchedServices) {
    const record = inputs.services.get(service);
    if (!record || portsByService.has(service)) continue;
    const { uid, resourceVersion, generation } = record;
    for (const key of previous?.portsByService.get(service) ?? []) {
      if (!inputs.setAside.has(key)) versions.set(key, { uid, resourceVersion, generation });
    }
  }
  return versions;
}
