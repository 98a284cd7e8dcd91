// Which endpoints of a service port receive traffic on this node, and why each does or does not (upstream:
// CategorizeEndpoints in pkg/proxy/topology.go; KEP-1669, KEP-2433, KEP-3015).
import type { EndpointInfo } from '../model/endpoint-info.ts';
import type { EndpointRecord } from '../model/records.ts';
import { assertNever } from '../util/assert-never.ts';
import { compactArray } from '../util/compact-array.ts';
import type { EndpointReason, PlannedEndpoint, SelectionRule } from './plan.ts';

/** Which sets the frontends of the service port draw from. */
export interface NeededSets {
  readonly cluster: boolean;
  readonly local: boolean;
}

/** Where this node is. */
export interface NodeLocation {
  readonly nodeName: string;
  /** Empty if the node has no zone label. */
  readonly zone: string;
}

export interface CategorizedEndpoints {
  readonly allEndpoints: readonly PlannedEndpoint[];
  readonly clusterEndpoints: readonly PlannedEndpoint[];
  readonly localEndpoints: readonly PlannedEndpoint[];
  readonly clusterRule: SelectionRule;
  readonly localRule: SelectionRule;
  /** Some endpoint somewhere in the cluster could serve, whether this node may use it or not. */
  readonly hasAnyEndpoints: boolean;
}

/**
 * Chooses one rule for each set and applies it to every endpoint, in the given order. Both sets prefer ready endpoints and
 * fall back, each for itself, to those that still serve while terminating. Topology hints narrow the cluster set only, and
 * only when all ready endpoints have them and some name this node or zone, so they never empty it. A set that nobody needs
 * stays empty.
 */
export function categorizeEndpoints(
  endpoints: readonly EndpointInfo[],
  needs: NeededSets,
  location: NodeLocation,
): CategorizedEndpoints {
  const records = endpoints.map((endpoint) => endpoint.record);
  const clusterRule = needs.cluster ? chooseClusterRule(records, location) : 'no-cluster-frontend';
  const localRule = needs.local ? chooseLocalRule(records, location) : 'no-local-policy';
  const allEndpoints = endpoints.map(({ ip, port, record }) => ({
    ip,
    port,
    record,
    isHairpinPossible: isHairpinPossible(record, location),
    cluster: reasonUnder(clusterRule, record, location),
    local: reasonUnder(localRule, record, location, { isLocalOnly: true }),
  }));
  return {
    allEndpoints,
    clusterEndpoints: select(allEndpoints, ({ cluster }) => isUsed(cluster)),
    localEndpoints: select(allEndpoints, ({ local }) => isUsed(local)),
    clusterRule,
    localRule,
    hasAnyEndpoints: records.some((record) => record.ready || isServingWhileTerminating(record)),
  };
}

function chooseClusterRule(
  records: readonly EndpointRecord[],
  { nodeName, zone }: NodeLocation,
): SelectionRule {
  const ready = records.filter((record) => record.ready);
  if (ready.length > 0) {
    if (hintsLeadTo(nodeName, ready, (record) => record.nodeHints)) return 'same-node-hints';
    if (hintsLeadTo(zone, ready, (record) => record.zoneHints)) return 'same-zone-hints';
    return 'all-ready';
  }
  return records.some(isServingWhileTerminating) ? 'terminating-fallback' : 'no-endpoints';
}

function chooseLocalRule(records: readonly EndpointRecord[], location: NodeLocation): SelectionRule {
  const local = records.filter((record) => isLocal(record, location));
  if (local.some((record) => record.ready)) return 'local-ready';
  return local.some(isServingWhileTerminating) ? 'terminating-fallback' : 'no-endpoints';
}

/** One endpoint without hints disables them: the slice is being written, or spreading the load asks for all. */
function hintsLeadTo(
  place: string,
  ready: readonly EndpointRecord[],
  hintsOf: (record: EndpointRecord) => readonly string[],
): boolean {
  return (
    ready.every((record) => hintsOf(record).length > 0) &&
    ready.some((record) => hintsOf(record).includes(place))
  );
}

function reasonUnder(
  rule: SelectionRule,
  record: EndpointRecord,
  location: NodeLocation,
  { isLocalOnly = false } = {},
): EndpointReason {
  if (rule === 'no-cluster-frontend' || rule === 'no-local-policy') return 'set-not-needed';
  if (isLocalOnly && !isLocal(record, location)) return 'other-node';
  switch (rule) {
    case 'terminating-fallback':
      return isServingWhileTerminating(record) ? 'used-while-terminating' : unusedReason(record);
    case 'same-node-hints':
      if (!record.ready) return unusedReason(record);
      return record.nodeHints.includes(location.nodeName) ? 'used' : 'other-node-hint';
    case 'same-zone-hints':
      if (!record.ready) return unusedReason(record);
      return record.zoneHints.includes(location.zone) ? 'used' : 'other-zone-hint';
    case 'all-ready':
    case 'local-ready':
    case 'no-endpoints':
      return record.ready ? 'used' : unusedReason(record);
    default:
      return assertNever(rule);
  }
}

function unusedReason(record: EndpointRecord): EndpointReason {
  return record.terminating ? 'terminating' : 'not-ready';
}

function isUsed(reason: EndpointReason): boolean {
  return reason === 'used' || reason === 'used-while-terminating';
}

/** A terminating endpoint that is still ready, as with publishNotReadyAddresses, counts as ready everywhere. */
function isServingWhileTerminating(record: EndpointRecord): boolean {
  return record.serving && record.terminating;
}

function isLocal(record: EndpointRecord, { nodeName }: NodeLocation): boolean {
  return record.nodeName === nodeName;
}

/** Endpoints without a nodeName may be anywhere, here too. */
function isHairpinPossible(record: EndpointRecord, location: NodeLocation): boolean {
  return record.nodeName === '' || isLocal(record, location);
}

/** Mostly all are chosen: then no array of its own is kept. */
function select(
  endpoints: readonly PlannedEndpoint[],
  isChosen: (endpoint: PlannedEndpoint) => boolean,
): readonly PlannedEndpoint[] {
  const chosen = endpoints.filter(isChosen);
  return chosen.length === endpoints.length ? endpoints : compactArray(chosen);
}
