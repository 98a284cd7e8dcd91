// Which clients lose the endpoint that session affinity has learned for them: those of endpoints that left, and of frontends that are
// gone or choose otherwise now. Everybody else keeps theirs.
import type { IpFamily } from '../../model/ip.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import type { Packed } from './element.ts';
import { type FrontendUse, frontendUses } from './frontend-use.ts';
import type { LayoutChanges, ServiceLayout } from './layout.ts';
import { zeroAddress } from './packed.ts';
import { packEndpoint } from './slots.ts';
import type { FoundElements } from './state.ts';

/**
 * By the key of the frontend: a NodePort's address is zero, and stands for clients of any address with its protocol
 * and port. The endpoints, as the values of `clients`, or all of them.
 */
export type Evictions = ReadonlyMap<Packed, ReadonlySet<Packed> | 'all'>;

/** `client` is a key of `clients`, `endpoint` the value. */
export function isEvicted(evictions: Evictions, client: Packed, endpoint: Packed): boolean {
  return frontendsOfClient(client).some((frontend) => {
    const evicted = evictions.get(frontend);
    return evicted === 'all' || evicted?.has(endpoint);
  });
}

/** Costs the endpoints of changed service ports with affinity, and nothing for the others. */
export function* evictionsOf(changes: LayoutChanges, family: IpFamily): Cooperative<Evictions> {
  const evictions = new Map<Packed, ReadonlySet<Packed> | 'all'>();
  for (const { before, after } of changes.values()) {
    const now = stickyUses(after, family);
    for (const use of stickyUses(before, family)) {
      const gone = endpointsGone(
        use,
        now.find(({ key }) => key === use.key),
      );
      if (gone === 'all' || gone.size > 0) evictions.set(use.key, gone);
    }
    yield;
  }
  return evictions;
}

function stickyUses(layout: ServiceLayout | undefined, family: IpFamily): readonly FrontendUse[] {
  if (!layout || layout.plan.affinitySeconds === 0) return [];
  return frontendUses(layout, family).filter(({ affinitySeconds }) => affinitySeconds > 0);
}

function endpointsGone(use: FrontendUse, now: FrontendUse | undefined): ReadonlySet<Packed> | 'all' {
  // Under another policy a client may have an endpoint that is not for it any more.
  if (!now || now.externalPolicy !== use.externalPolicy) return 'all';
  return packEndpoints(use).difference(packEndpoints(now));
}

function packEndpoints({ endpoints, localEndpoints }: FrontendUse): Set<Packed> {
  return new Set([...endpoints, ...localEndpoints].map(packEndpoint));
}

/** Clients that were read and that no layout keeps: of frontends that nobody has, or of endpoints that these have not. */
export function* staleClients(
  found: FoundElements,
  layouts: Iterable<ServiceLayout | undefined>,
  family: IpFamily,
): Cooperative<Evictions> {
  const evictions = new Map<Packed, Set<Packed> | 'all'>();
  const clients = found.get('clients');
  if (!clients?.size) return evictions;
  const kept = yield* endpointsByFrontend(layouts, family);
  for (const [client, endpoint] of clients) {
    const [frontend, nodePort] = frontendsOfClient(client);
    const endpoints = kept.get(frontend) ?? kept.get(nodePort);
    if (!endpoints) evictions.set(frontend, 'all');
    else if (!endpoints.has(endpoint as Packed)) evict(evictions, frontend, endpoint as Packed);
    yield;
  }
  return evictions;
}

function* endpointsByFrontend(
  layouts: Iterable<ServiceLayout | undefined>,
  family: IpFamily,
): Cooperative<ReadonlyMap<Packed, ReadonlySet<Packed>>> {
  const endpoints = new Map<Packed, ReadonlySet<Packed>>();
  for (const layout of layouts) {
    for (const use of stickyUses(layout, family)) endpoints.set(use.key, packEndpoints(use));
    yield;
  }
  return endpoints;
}

function evict(evictions: Map<Packed, Set<Packed> | 'all'>, frontend: Packed, endpoint: Packed): void {
  const evicted = evictions.get(frontend);
  if (evicted === 'all') return;
  if (evicted) evicted.add(endpoint);
  else evictions.set(frontend, new Set([endpoint]));
}

/** The frontend with the address that the client used, and the NodePort that may be behind it. */
function frontendsOfClient(client: Packed): readonly [Packed, Packed] {
  // Address, protocol, port, and the address of the client.
  const addressLength = (client.length - 8) / 2;
  const rest = client.slice(addressLength, addressLength + 8);
  const zero = zeroAddress(addressLength === 4 ? 'IPv4' : 'IPv6');
  return [`${client.slice(0, addressLength)}${rest}` as Packed, `${zero}${rest}` as Packed];
}
