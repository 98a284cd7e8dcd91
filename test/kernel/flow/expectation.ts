// What a client is to see, said without knowledge of how it comes about.
import type { Source } from './source.ts';
import { type Family, isPod, type NodeName, nodeIps, type PodName, podIps } from './world.ts';

/** `pod-1-1:8080`: who answers, and the port at which the connection arrived there. */
export type EndpointName = `${PodName | NodeName}:${number}`;

/** Endpoints, each with the source address that it sees. */
export type Answers = ReadonlyMap<EndpointName, string>;

export type Expectation =
  /** Each of these answers, and nobody else. `isSticky`: one of these answers, and nobody else. */
  | { readonly kind: 'answered'; readonly answers: Answers; readonly isSticky: boolean }
  /** An ICMP port unreachable. */
  | { readonly kind: 'rejected' }
  /** Nothing at all. */
  | { readonly kind: 'dropped' }
  /**
   * The address is not a Service's, so the packet goes on as it is: to a host that refuses it, or serves it itself, or to
   * the default gateway, where it is lost.
   */
  | { readonly kind: 'untouched'; readonly outcome: 'refused' | 'lost' | Answers };

export const REJECTED: Expectation = { kind: 'rejected' };
export const DROPPED: Expectation = { kind: 'dropped' };
export const REFUSED_BY_HOST: Expectation = { kind: 'untouched', outcome: 'refused' };
export const LOST: Expectation = { kind: 'untouched', outcome: 'lost' };

export interface Reach {
  readonly from: Source;
  readonly endpoints: readonly EndpointName[];
  /** All endpoints see the address of the node. Otherwise only the client that reaches itself is seen with it. */
  readonly isMasqueraded: boolean;
  readonly isSticky?: boolean;
}

/** The expectation that a connection reaches the endpoints. */
export function reaches(reach: Reach, family: Family): Expectation {
  return { kind: 'answered', answers: answersOf(reach, family), isSticky: reach.isSticky ?? false };
}

/** The expectation that a connection reaches its very destination, as if there were no Services. */
export function reachesDirectly(from: Source, endpoint: EndpointName, family: Family): Expectation {
  return { kind: 'untouched', outcome: new Map([[endpoint, from.ips[family]]]) };
}

function answersOf({ from, endpoints, isMasqueraded }: Reach, family: Family): Answers {
  return new Map(
    endpoints.map((endpoint) => {
      const place = placeOf(endpoint);
      // Packets to the node itself never pass POSTROUTING, where masquerading happens.
      const isHere = place === from.node && from.place !== from.node;
      const isNode = !isHere && (isMasqueraded || place === from.place);
      return [endpoint, isNode ? nodeIps(from.node)[family] : from.ips[family]];
    }),
  );
}

/** The pod, or the node whose host network it uses. */
export function placeOf(endpoint: EndpointName): PodName | NodeName {
  return endpoint.slice(0, endpoint.lastIndexOf(':')) as PodName | NodeName;
}

export function portOf(endpoint: EndpointName): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
}

export function ipOf(endpoint: EndpointName, family: Family): string {
  const place = placeOf(endpoint);
  return (isPod(place) ? podIps(place) : nodeIps(place))[family];
}

/** The expectation in words, for names of tests and reports. */
export function expectationText(expectation: Expectation): string {
  switch (expectation.kind) {
    case 'answered':
      return `${expectation.isSticky ? 'one and the same of ' : ''}${answersText(expectation.answers)}`;
    case 'rejected':
    case 'dropped':
      return expectation.kind;
    case 'untouched':
      if (expectation.outcome === 'refused') return 'refused by the host';
      return expectation.outcome === 'lost' ? 'lost on the way' : answersText(expectation.outcome);
  }
}

function answersText(answers: Answers): string {
  return Array.from(answers, ([endpoint, source]) => `${endpoint} seeing ${source}`).join(', ');
}
