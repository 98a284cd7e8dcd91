// What a service port becomes in the kernel. Who gets what is traced in semantics.test.ts.
import { describe, expect, it } from 'vitest';
import type { Element } from '../../../../src/dataplane/nftables/element.ts';
import { countElements, elementsOf } from '../../../../src/dataplane/nftables/elements.ts';
import { layOut, NO_HISTORY } from '../../../../src/dataplane/nftables/layout.ts';
import type { ServicePlan } from '../../../../src/plan/plan.ts';
import { aFrontend, aNodePort, aServicePlan, aTarget } from '../../../builders/iptables-plans.ts';
import { cidr } from '../../../builders/records.ts';

function elements(plan: ServicePlan): Element[] {
  const layout = layOut(plan, NO_HISTORY);
  const all = [...elementsOf(layout, 'IPv4')];
  expect(countElements(layout, 'IPv4')).toBe(all.length);
  return all;
}

/** `set: key -> value`, bytes as numbers. */
function texts(plan: ServicePlan): string[] {
  return elements(plan).map(({ set, key, keyEnd, value }) => {
    const range = keyEnd === undefined ? bytes(key) : `${bytes(key)} - ${bytes(keyEnd)}`;
    return `${set}: ${range}${value ? ` -> ${bytes(value)}` : ''}`;
  });
}

function bytes(packed: string): string {
  const words = Array.from({ length: packed.length / 4 }, (_, i) => packed.slice(4 * i, 4 * i + 4));
  return words.map((word) => Array.from(word, (byte) => byte.charCodeAt(0)).join('.')).join(' ');
}

const TCP = '6.0.0.0';
const WEB = `10.96.1.1 ${TCP} 0.80.0.0`;
const here = aTarget('10.244.1.1', { isHairpinPossible: true });
const there = aTarget('10.244.2.1');
const FRONTENDS = [
  aFrontend('10.96.1.1'),
  aFrontend('203.0.113.9', { kind: 'LoadBalancerIP' }),
  aNodePort(30_080),
];

describe('the elements of a service port', () => {
  it('pick an endpoint by slot', () => {
    expect(texts(aServicePlan({ clusterEndpoints: [here, there] }))).toEqual([
      `frontends-4: ${WEB}`,
      `plain-frontends: ${WEB}`,
      `endpoints: ${WEB} 0.0.0.0 -> 10.244.1.1 31.144.0.0`,
      `endpoints: ${WEB} 1.0.0.0 -> 10.244.2.1 31.144.0.0`,
    ]);
  });

  it.each([
    [1, 1],
    [2, 4],
    [4, 4],
    [5, 16],
    [1_000, 2_048],
    [65_536, 65_536],
    [70_000, 65_536],
  ])('of %d endpoints are in the set of %d', (count, size) => {
    const clusterEndpoints = Array.from({ length: count }, (_, i) =>
      aTarget(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`),
    );
    const [first] = elements(aServicePlan({ clusterEndpoints }));
    expect(first?.set).toBe(`frontends-${size}`);
  });

  it('say what the external policy is, and how many endpoints each side of it has', () => {
    const external = { policy: 'Local', verdict: 'balance' } as const;
    const plan = aServicePlan({
      ...{ frontends: FRONTENDS, external },
      ...{ clusterEndpoints: [here, there], localEndpoints: [here] },
    });
    const [LB, NODE_PORT] = [`203.0.113.9 ${TCP} 0.80.0.0`, `0.0.0.0 ${TCP} 117.128.0.0`];
    expect(texts(plan).filter((text) => !text.startsWith('endpoints'))).toEqual([
      `frontends-4: ${WEB}`,
      `plain-frontends: ${WEB}`,
      `frontends-4: ${LB}`,
      `local-frontends-1: ${LB}`,
      `treated-frontends: ${LB}`,
      `local-external-frontends: ${LB}`,
      `frontends-4: ${NODE_PORT}`,
      `local-frontends-1: ${NODE_PORT}`,
      `local-external-frontends: ${NODE_PORT}`,
    ]);
    expect(texts(plan)).toContain(`endpoints: ${LB} 0.0.1.0 -> 10.244.1.1 31.144.0.0`);
    expect(texts(plan)).not.toContain(`endpoints: ${WEB} 0.0.1.0 -> 10.244.1.1 31.144.0.0`);
  });

  it('give everybody the endpoints of this node under the internal policy Local', () => {
    const internal = { policy: 'Local', verdict: 'balance' } as const;
    const plan = aServicePlan({ internal, clusterEndpoints: [there, here], localEndpoints: [here] });
    expect(texts(plan)).toEqual([
      `frontends-1: ${WEB}`,
      `plain-frontends: ${WEB}`,
      `endpoints: ${WEB} 0.0.0.0 -> 10.244.1.1 31.144.0.0`,
    ]);
  });

  it('with affinity ask for the client first', () => {
    const plan = aServicePlan({
      affinitySeconds: 300,
      frontends: [aFrontend('10.96.1.1'), aNodePort(30_080)],
    });
    const NODE_PORT = `0.0.0.0 ${TCP} 117.128.0.0`;
    expect(texts(plan).filter((text) => !text.startsWith('endpoints'))).toEqual([
      `frontends-1: ${WEB}`,
      `treated-frontends: ${WEB}`,
      `affinity-300s: ${WEB}`,
      `frontends-1: ${NODE_PORT}`,
      `cluster-external-frontends: ${NODE_PORT}`,
      `affinity-300s: ${NODE_PORT}`,
    ]);
  });

  it('without endpoints refuse, and nothing else', () => {
    const internal = { policy: 'Local', verdict: 'drop' } as const;
    const external = { policy: 'Cluster', verdict: 'reject' } as const;
    const plan = aServicePlan({
      ...{ internal, external, clusterEndpoints: [], affinitySeconds: 300 },
      frontends: [aFrontend('10.96.1.1'), aNodePort(30_080)],
    });
    expect(texts(plan)).toEqual([
      `dropped-frontends: ${WEB}`,
      `rejected-frontends: 0.0.0.0 ${TCP} 117.128.0.0`,
    ]);
  });

  it('name the allowed sources of load-balancer IPs, of which none holds another', () => {
    const allowedSources = [cidr('198.51.100.0/24'), cidr('198.51.100.128/25'), cidr('192.0.2.1/32')];
    const LB = `203.0.113.9 ${TCP} 0.80.0.0`;
    const plan = aServicePlan({ frontends: FRONTENDS, allowedSources });
    expect(texts(plan).filter((text) => /^(restricted|allowed)/.test(text))).toEqual([
      `restricted-frontends: ${LB}`,
      `allowed-sources: ${LB} 192.0.2.1 - ${LB} 192.0.2.1`,
      `allowed-sources: ${LB} 198.51.100.0 - ${LB} 198.51.100.255`,
    ]);
  });

  it('do not exist for frontends that are lost or unspecified', () => {
    const lost = aFrontend('10.96.1.1', { lostTo: aServicePlan({ name: { name: 'other' } }).key });
    const unspecified = aFrontend('0.0.0.0', { kind: 'ExternalIP' });
    expect(texts(aServicePlan({ frontends: [lost, unspecified] }))).toEqual([]);
  });

  it('tell people of which Service they are, in words that nft can read again', () => {
    const long = aServicePlan({
      name: { namespace: 'n'.repeat(63), name: 's'.repeat(63), portName: 'p'.repeat(15) },
    });
    const external = { policy: 'Local', verdict: 'drop' } as const;
    const commented = elements(aServicePlan({ frontends: FRONTENDS, external, affinitySeconds: 300 }))
      .filter(({ comment }) => comment === 'shop/web:http')
      .map(({ set }) => set);
    expect(commented).toEqual([
      'frontends-1',
      ...['frontends-1', 'dropped-frontends'],
      ...['frontends-1', 'dropped-frontends'],
    ]);
    expect(elements(long)[0]?.comment).toHaveLength(127);
    expect(elements(aServicePlan({ name: { name: 'a"b\n' } }))[0]?.comment).toBe('shop/a_b_:http');
  });
});
