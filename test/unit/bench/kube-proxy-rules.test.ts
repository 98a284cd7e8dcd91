// The baseline of the benchmarks must be what kube-proxy really writes: compared, rule by rule, with what was recorded.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kubeProxyChainsOf, kubeProxyRules } from '../../bench/baseline/kube-proxy-rules.ts';
import { fullRestore, partialRestore } from '../../bench/baseline/restore-text.ts';
import { recordedCluster } from '../../builders/objects.ts';
import { planFromNothing } from '../../builders/plans.ts';
import { anEndpoint, aService, aServicePort, aSlice, ip } from '../../builders/records.ts';

const RECORDINGS = resolve(import.meta.dirname, '../../fixtures/kube-proxy');

/** Every API server has it; the recorded cluster had it without endpoints. */
const kubernetes = aService({
  namespace: 'default',
  name: 'kubernetes',
  clusterIps: [ip('10.96.0.1')],
  ports: [aServicePort({ name: 'https', port: 443 })],
});

describe.each([
  ['IPv4', 'iptables-legacy.iptables-save'],
  ['IPv4', 'iptables-nft.iptables-save'],
  ['IPv6', 'iptables-legacy.ip6tables-save'],
  ['IPv6', 'iptables-nft.ip6tables-save'],
] as const)("kube-proxy's shape, %s, as in %s", (family, recording) => {
  const cluster = recordedCluster();
  const recorded = readFileSync(resolve(RECORDINGS, recording), 'utf8');
  const services = family === 'IPv4' ? [...cluster.services, kubernetes] : cluster.services;
  const rules = kubeProxyRules(planFromNothing({ ...cluster, services }, family));

  it.each(['nat', 'filter'])('has the same chains and rules in %s', (table) => {
    expect(linesOf([...fullRestore(rules)].join(''), table)).toEqual(linesOf(recorded, table));
  });
});

describe("kube-proxy's partial sync", () => {
  const [first, second] = ['web', 'shop'].map((name, i) =>
    aService({ name, clusterIps: [ip(`10.96.1.${i + 1}`)] }),
  );
  const slices = ['web', 'shop'].map((serviceName) => aSlice({ serviceName }));
  const plan = planFromNothing({
    ...recordedCluster(),
    services: [first, second].filter((service) => service !== undefined),
    slices,
  });
  const rules = kubeProxyRules(plan);
  const [changed] = plan.services.keys();

  it('rewrites the top-level chains for all Services and the other chains of the changed one alone', () => {
    const chains = changed ? kubeProxyChainsOf(plan, changed) : [];
    const lines = linesOf([...partialRestore(rules, chains)].join(''), 'nat');
    const appended = lines.filter((line) => line.startsWith('-A'));
    expect(appended.filter((line) => line.startsWith('-A KUBE-SERVICES')).length).toBe(3);
    expect(lines.filter((line) => line.startsWith(':KUBE-SVC-')).length).toBe(1);
    expect(lines.filter((line) => line.startsWith(':KUBE-SEP-')).length).toBe(1);
  });
});

describe("kube-proxy's large-cluster mode", () => {
  it('leaves out the comments of single endpoints above 1,000 endpoints', () => {
    const endpoints = Array.from({ length: 1_001 }, (_, i) =>
      anEndpoint({ ip: ip(`10.244.${i >> 8}.${i & 255}`) }),
    );
    const plan = planFromNothing({
      ...recordedCluster(),
      services: [aService()],
      slices: [aSlice({ endpoints })],
    });
    const text = [...fullRestore(kubeProxyRules(plan))].join('');
    expect(text).not.toMatch(/-A KUBE-SEP-.*--comment/);
    expect(text).not.toContain(' -> ');
    expect(text).toContain('cluster IP');
  });
});

/**
 * Declarations and rules of kube-proxy's chains, sorted: kube-proxy walks Go maps. The canary has no rules and is not made by
 * restoring; KUBE-FIREWALL and the jumps from built-in chains are made once, at the start.
 */
function linesOf(text: string, table: string): string[] {
  const start = text.indexOf(`*${table}\n`);
  const section = text.slice(start, text.indexOf('COMMIT', start));
  return section
    .split('\n')
    .filter((line) => /^(:|-A )KUBE-(?!FIREWALL|PROXY-CANARY)/.test(line))
    .map((line) => line.replaceAll('  ', ' '))
    .sort();
}
