import { describe, expect, it } from 'vitest';
import type { Packed } from '../../../../src/dataplane/nftables/element.ts';
import {
  type Evictions,
  evictionsOf,
  isEvicted,
  staleClients,
} from '../../../../src/dataplane/nftables/evictions.ts';
import { layOut, NO_HISTORY, type ServiceLayout } from '../../../../src/dataplane/nftables/layout.ts';
import { pack, packIp, packPort, packProtocol } from '../../../../src/dataplane/nftables/packed.ts';
import { packEndpoint } from '../../../../src/dataplane/nftables/slots.ts';
import type { ServicePlan } from '../../../../src/plan/plan.ts';
import { runToEnd } from '../../../../src/util/cooperate.ts';
import { aFrontend, aNodePort, aServicePlan, aTarget } from '../../../builders/iptables-plans.ts';
import { ip } from '../../../builders/records.ts';

const [a, b, c] = ['10.244.1.1', '10.244.2.1', '10.244.2.2'].map((address) => aTarget(address));
if (!a || !b || !c) throw new Error('there are three');
const frontends = [aFrontend('10.96.1.1'), aNodePort(30_080)];

function sticky(fields: Partial<Omit<ServicePlan, 'name'>> = {}): ServiceLayout {
  const plan = { frontends, affinitySeconds: 300, clusterEndpoints: [a, b].flatMap((each) => each ?? []) };
  return layOut(aServicePlan({ ...plan, ...fields }), NO_HISTORY);
}

function evictions(before: ServiceLayout | undefined, after: ServiceLayout | undefined): Evictions {
  return runToEnd(evictionsOf(new Map([[aServicePlan().key, { before, after }]]), 'IPv4'));
}

/** Key and value of `clients`. */
function client(address: string, port: number, endpoint: typeof a): [Packed, Packed] {
  const key = pack(packIp(ip(address)), packProtocol('TCP'), packPort(port), packIp(ip('198.51.100.7')));
  return [key, packEndpoint(endpoint ?? aTarget('0.0.0.0'))];
}

const TO_CLUSTER_IP = ['10.96.1.1', 80] as const;
const TO_NODE_PORT = ['192.0.2.11', 30_080] as const;
const ELSEWHERE = ['10.96.1.2', 80] as const;

/** Whether clients at the endpoint lose it, by what they have connected to. */
function lose(evicted: Evictions, endpoint: typeof a): boolean[] {
  return [TO_CLUSTER_IP, TO_NODE_PORT, ELSEWHERE].map(([address, port]) =>
    isEvicted(evicted, ...client(address, port, endpoint)),
  );
}

describe('clients lose their endpoint', () => {
  it('when it leaves, and nobody else does', () => {
    const evicted = evictions(sticky(), sticky({ clusterEndpoints: [b, c] }));
    expect(lose(evicted, a)).toEqual([true, true, false]);
    expect(lose(evicted, b)).toEqual([false, false, false]);
  });

  it.each([
    ['the Service goes', undefined],
    ['the Service has no affinity any more', sticky({ affinitySeconds: 0 })],
    [
      'no endpoint is left',
      sticky({
        clusterEndpoints: [],
        internal: { policy: 'Cluster', verdict: 'reject' },
        external: { policy: 'Cluster', verdict: 'reject' },
      }),
    ],
  ])('when %s', (_, after) => {
    expect(lose(evictions(sticky(), after), a)).toEqual([true, true, false]);
  });

  it('at a frontend that goes', () => {
    const evicted = evictions(sticky(), sticky({ frontends: [aFrontend('10.96.1.1')] }));
    expect(lose(evicted, a)).toEqual([false, true, false]);
  });

  it('when another policy chooses for them', () => {
    const external = { policy: 'Local', verdict: 'balance' } as const;
    const evicted = evictions(sticky(), sticky({ external, localEndpoints: [a] }));
    expect(lose(evicted, a)).toEqual([false, true, false]);
    expect(lose(evicted, b)).toEqual([false, true, false]);
  });

  it.each([
    ['when nothing changes', sticky(), sticky()],
    ['when endpoints come', sticky(), sticky({ clusterEndpoints: [c, b, a] })],
    ['when only the timeout changes', sticky(), sticky({ affinitySeconds: 600 })],
    ['without affinity', sticky({ affinitySeconds: 0 }), undefined],
    ['of a new Service', undefined, sticky()],
  ])('not %s', (_, before, after) => {
    expect(evictions(before, after).size).toBe(0);
  });
});

describe('clients that were read', () => {
  const found = (clients: readonly [Packed, Packed][]) =>
    new Map([['clients' as const, new Map<Packed, string>(clients)]]);
  const stale = (clients: readonly [Packed, Packed][], layouts: readonly ServiceLayout[]) =>
    runToEnd(staleClients(found(clients), layouts, 'IPv4'));

  it('stay where a layout keeps them', () => {
    const clients = [client(...TO_CLUSTER_IP, a), client(...TO_NODE_PORT, b)];
    expect(stale(clients, [sticky()]).size).toBe(0);
  });

  it('go when their endpoint or their frontend is gone', () => {
    const clients = [client(...TO_CLUSTER_IP, c), client(...TO_NODE_PORT, c), client(...ELSEWHERE, a)];
    const evicted = stale(clients, [sticky()]);
    expect(clients.map(([key, value]) => isEvicted(evicted, key, value))).toEqual([true, true, true]);
    expect(isEvicted(evicted, ...client(...TO_CLUSTER_IP, a))).toBe(false);
  });

  it('go when no Service has affinity', () => {
    const [key, value] = client(...TO_CLUSTER_IP, a);
    expect(isEvicted(stale([[key, value]], [sticky({ affinitySeconds: 0 })]), key, value)).toBe(true);
  });
});
