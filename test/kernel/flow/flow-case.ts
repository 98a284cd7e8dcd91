// A case: one sentence about what clients see, and the probes that show whether it is true.
import { type EndpointName, type Expectation, reaches } from './expectation.ts';
import { externalIpsOf, type FlowService, loadBalancerIpsOf } from './flow-service.ts';
import type { Manifest } from './manifests.ts';
import type { Source } from './source.ts';
import { type DualStack, FAMILIES, type Family, nodeIps, PROTOCOLS, type Protocol } from './world.ts';

export interface FlowProbe {
  readonly from: Source;
  readonly to: string;
  readonly port: number;
  readonly family: Family;
  readonly protocol: Protocol;
  readonly expected: Expectation;
}

export interface FlowCase {
  /** A sentence, unique in its group. */
  readonly name: string;
  readonly probes: readonly FlowProbe[];
}

export interface FlowGroup {
  readonly name: string;
  readonly manifests: readonly Manifest[];
  readonly cases: readonly FlowCase[];
}

/** How a Service is addressed. */
export type FrontendKind = 'ClusterIP' | 'NodePort' | 'load-balancer IP' | 'external IP';

export interface ProbesSpec {
  readonly from: Source;
  readonly to: Destination;
  readonly expected: (family: Family) => Expectation;
  /** Both if not said. */
  readonly families?: readonly Family[];
  readonly protocols?: readonly Protocol[];
}

export interface Destination {
  readonly ips: DualStack;
  readonly port: number;
}

/** The same connection in every family and protocol. */
export function probesOf({
  from,
  to,
  expected,
  families = FAMILIES,
  protocols = PROTOCOLS,
}: ProbesSpec): FlowProbe[] {
  return families.flatMap((family) =>
    protocols.map((protocol) => ({
      from,
      to: to.ips[family],
      port: to.port,
      family,
      protocol,
      expected: expected(family),
    })),
  );
}

/** Port 80 of the Service under its own addresses; a NodePort on the address of the node that the client goes through. */
export function destinationOf(service: FlowService, kind: FrontendKind, from: Source): Destination {
  switch (kind) {
    case 'ClusterIP':
      return { ips: service.clusterIps, port: 80 };
    case 'NodePort':
      return { ips: nodeIps(from.node), port: service.nodePort };
    case 'load-balancer IP':
      return { ips: loadBalancerIpsOf(service.number), port: 80 };
    case 'external IP':
      return { ips: externalIpsOf(service.number), port: 80 };
  }
}

export interface ReachSpec {
  readonly service: FlowService;
  /** ClusterIP if not said. */
  readonly kind?: FrontendKind;
  readonly from: Source;
  readonly endpoints: readonly EndpointName[];
  /** False if not said. */
  readonly isMasqueraded?: boolean;
  readonly isSticky?: boolean;
  readonly families?: readonly Family[];
  readonly protocols?: readonly Protocol[];
}

/** The client reaches exactly these endpoints. */
export function reachProbes({
  service,
  kind = 'ClusterIP',
  isMasqueraded = false,
  ...spec
}: ReachSpec): FlowProbe[] {
  return probesOf({
    ...spec,
    to: destinationOf(service, kind, spec.from),
    expected: (family) => reaches({ ...spec, isMasqueraded }, family),
  });
}

/** A case of these probes and no others. */
export function reachCase(name: string, spec: ReachSpec): FlowCase {
  return { name, probes: reachProbes(spec) };
}

export interface RefusalSpec extends Pick<ReachSpec, 'service' | 'kind' | 'from' | 'families' | 'protocols'> {
  readonly expected: Expectation;
}

/** The client reaches nobody. */
export function refusalProbes({ service, kind = 'ClusterIP', expected, ...spec }: RefusalSpec): FlowProbe[] {
  return probesOf({ ...spec, to: destinationOf(service, kind, spec.from), expected: () => expected });
}
