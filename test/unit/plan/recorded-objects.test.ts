// Plans the objects that kube-proxy was recorded with and compares with what it programmed: first by hand, then with the
// recording itself.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { type IpFamily, joinHostPort } from '../../../src/model/ip.ts';
import { servicePortNameText } from '../../../src/model/names.ts';
import type { PlannedEndpoint, ServicePlan } from '../../../src/plan/plan.ts';
import { recordedCluster } from '../../builders/objects.ts';
import { planFromNothing } from '../../builders/plans.ts';

const cluster = recordedCluster();
const IPV4 = [...planFromNothing(cluster, 'IPv4').services.values()];
const IPV6 = [...planFromNothing(cluster, 'IPv6').services.values()];

it('plans each IPv4 Service as kube-proxy does', () => {
  expect(IPV4.map(summary).sort()).toEqual(
    [
      'shop/web/TCP | 10.96.1.1:80 | internal Cluster balance 10.244.1.1:8080 10.244.2.1:8080 10.244.2.2:8080',
      'shop/web-dual:http/TCP | 10.96.1.2:80 | internal Cluster balance 10.244.1.2:8080 10.244.2.3:8080',
      'shop/web-dual:https/TCP | 10.96.1.2:443 | internal Cluster balance 10.244.1.2:8443 10.244.2.3:8443',
      'shop/empty/TCP | 10.96.1.3:80 | internal Cluster reject',
      'shop/sticky/TCP | 10.96.1.4:80 | internal Cluster balance 10.244.1.3:8080 10.244.2.4:8080 | sticky 300',
      'kube-system/dns:dns/UDP | 10.96.0.10:53 | internal Cluster balance 10.244.1.4:53 10.244.2.5:53',
      'kube-system/dns:dns-tcp/TCP | 10.96.0.10:53 | internal Cluster balance 10.244.1.4:53 10.244.2.5:53',
      'shop/np/TCP | 10.96.1.5:80 *:30080 | internal Cluster balance 10.244.1.5:8080 10.244.2.6:8080 | external Cluster balance 10.244.1.5:8080 10.244.2.6:8080',
      'shop/np-local/TCP | 10.96.1.6:80 *:30081 | internal Cluster balance 10.244.1.6:8080 10.244.2.7:8080 | external Local balance 10.244.1.6:8080',
      'shop/np-local-none/TCP | 10.96.1.7:80 *:30082 | internal Cluster balance 10.244.2.8:8080 | external Local drop',
      'shop/lb/TCP | 10.96.1.8:80 203.0.113.8:80 *:30083 | internal Cluster balance 10.244.1.7:8080 10.244.2.9:8080 | external Cluster balance 10.244.1.7:8080 10.244.2.9:8080',
      'shop/lb-local/TCP | 10.96.1.9:80 203.0.113.9:80 *:30084 | internal Cluster balance 10.244.1.8:8080 10.244.2.10:8080 | external Local balance 10.244.1.8:8080 | health check 31000',
      'shop/lb-ranges/TCP | 10.96.1.10:80 203.0.113.10:80 *:30085 | internal Cluster balance 10.244.1.9:8080 10.244.2.11:8080 | external Cluster balance 10.244.1.9:8080 10.244.2.11:8080 | from 198.51.100.0/24 192.0.2.128/25',
      'shop/lb-proxy/TCP | 10.96.1.11:80 *:30086 | internal Cluster balance 10.244.1.10:8080 | external Cluster balance 10.244.1.10:8080',
      'shop/ext/TCP | 10.96.1.12:80 198.51.100.77:80 | internal Cluster balance 10.244.1.11:8080 10.244.2.12:8080 | external Cluster balance 10.244.1.11:8080 10.244.2.12:8080',
      'shop/itp-local/TCP | 10.96.1.13:80 | internal Local balance 10.244.1.12:8080',
      'shop/itp-local-none/TCP | 10.96.1.14:80 | internal Local drop',
      'shop/terminating/TCP | 10.96.1.15:80 *:30087 | internal Cluster balance 10.244.2.15:8080 | external Local balance 10.244.1.13:8080',
      'shop/hints/TCP | 10.96.1.16:80 | internal Cluster balance 10.244.1.14:8080',
      'shop/udp-sticky/UDP | 10.96.1.18:5000 *:30089 | internal Cluster balance 10.244.1.16:5000 10.244.2.17:5000 | external Cluster balance 10.244.1.16:5000 10.244.2.17:5000 | sticky 10800',
    ].sort(),
  );
});

it('plans each IPv6 Service as kube-proxy does', () => {
  expect(IPV6.map(summary).sort()).toEqual([
    'shop/np6/TCP | [fd00:10:96::112]:80 *:30088 | internal Cluster balance [fd00:10:244:1::3]:8080 [fd00:10:244:2::4]:8080 | external Cluster balance [fd00:10:244:1::3]:8080 [fd00:10:244:2::4]:8080',
    'shop/web-dual:http/TCP | [fd00:10:96::102]:80 | internal Cluster balance [fd00:10:244:1::2]:8080 [fd00:10:244:2::3]:8080',
    'shop/web-dual:https/TCP | [fd00:10:96::102]:443 | internal Cluster balance [fd00:10:244:1::2]:8443 [fd00:10:244:2::3]:8443',
  ]);
});

it.each<[IpFamily, readonly ServicePlan[], string]>([
  ['IPv4', IPV4, 'iptables-nft.iptables-save'],
  ['IPv4', IPV4, 'iptables-legacy.iptables-save'],
  ['IPv6', IPV6, 'iptables-nft.ip6tables-save'],
  ['IPv6', IPV6, 'iptables-legacy.ip6tables-save'],
])('balances %s to the endpoints of the recorded chains (%#)', (_, plans, file) => {
  const recorded = recordedEndpoints(file);
  expect(recorded.cluster.size).toBeGreaterThan(2);
  // kube-proxy writes the chain of a set only if some destination uses it.
  expect(endpointsByName(plans, (plan) => plan.clusterEndpoints)).toEqual(recorded.cluster);
  expect(endpointsByName(plans, (plan) => plan.localEndpoints)).toEqual(recorded.local);
});

function summary(plan: ServicePlan): string {
  const isExternal = plan.frontends.some(({ kind }) => kind !== 'ClusterIP');
  return [
    plan.key,
    plan.frontends.map(({ ip, port }) => (ip ? joinHostPort(ip, port) : `*:${port}`)).join(' '),
    trafficSummary(plan, 'internal'),
    ...(isExternal ? [trafficSummary(plan, 'external')] : []),
    ...(plan.affinitySeconds ? [`sticky ${plan.affinitySeconds}`] : []),
    ...(plan.allowedSources ? [`from ${plan.allowedSources.join(' ')}`] : []),
    ...(plan.healthCheckNodePort ? [`health check ${plan.healthCheckNodePort}`] : []),
  ].join(' | ');
}

function trafficSummary(plan: ServicePlan, side: 'internal' | 'external'): string {
  const { policy, verdict } = plan[side];
  const endpoints = policy === 'Local' ? plan.localEndpoints : plan.clusterEndpoints;
  return [side, policy, verdict, ...addresses(endpoints)].join(' ');
}

function endpointsByName(
  plans: readonly ServicePlan[],
  setOf: (plan: ServicePlan) => readonly PlannedEndpoint[],
): Map<string, string[]> {
  const entries = plans.map((plan) => [servicePortNameText(plan.name), addresses(setOf(plan))] as const);
  return new Map(entries.filter(([, endpoints]) => endpoints.length > 0));
}

function addresses(endpoints: readonly PlannedEndpoint[]): string[] {
  return endpoints.map(({ ip, port }) => joinHostPort(ip, port));
}

/** The comments `shop/web -> 10.244.1.1:8080` of the chains KUBE-SVC (Cluster) and KUBE-SVL (Local). */
function recordedEndpoints(file: string) {
  const text = readFileSync(resolve(import.meta.dirname, '../../fixtures/kube-proxy', file), 'utf8');
  const sets = { cluster: new Map<string, string[]>(), local: new Map<string, string[]>() };
  const rules = text.matchAll(/^-A KUBE-(SVC|SVL)-\w+ .*--comment "(\S+) -> (\S+)"/gm);
  for (const [, chain, service = '', endpoint = ''] of rules) {
    const set = chain === 'SVC' ? sets.cluster : sets.local;
    set.set(service, [...new Set([...(set.get(service) ?? []), endpoint])]);
  }
  return sets;
}
